/** The form of a cron expression. What it means is for whoever computes its times. */

interface CronField {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const FIELDS: readonly CronField[] = [
  { name: "minute", least: 0, most: 59 },
  { name: "hour", least: 0, most: 23 },
  { name: "day of the month", least: 1, most: 31 },
  {
    name: "month",
    least: 1,
    most: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  // 0 and 7 are both Sunday.
  { name: "day of the week", least: 0, most: 7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/** What is wrong with a cron expression of five fields; undefined where nothing is. */
export function cronProblem(cron: string): string | undefined {
  const parts = cron.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) return 'expected five fields, as "0 3 * * *": minute, hour, day of the month, month, day of the week';
  const wrong = FIELDS.find((field, index) => !(parts[index] ?? "").split(",").every((item) => isItem(item, field)));
  if (wrong === undefined) return undefined;
  const { name, least, most, names } = wrong;
  return `the ${name} is wrong: expected *, or ${least} to ${most}${names === undefined ? "" : ` or ${names[0]} to ${names.at(-1)}`}, with lists (1,2), ranges (1-5) and steps (*/5)`;
}

/** `*`, `5`, `1-5`, and a step on the first and the last. */
function isItem(item: string, field: CronField): boolean {
  const [, first, last, step] = /^(\*|[A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?(?:\/([0-9]+))?$/.exec(item) ?? [];
  if (first === undefined) return false;
  if (step !== undefined && (Number(step) < 1 || Number(step) > field.most || (first !== "*" && last === undefined))) return false;
  if (first === "*") return last === undefined;
  const from = numberOf(first, field);
  const to = last === undefined ? from : numberOf(last, field);
  return from !== undefined && to !== undefined && from <= to;
}

function numberOf(text: string, { least, most, names }: CronField): number | undefined {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + least;
  const value = /^[0-9]{1,2}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && value >= least && value <= most ? value : undefined;
}
