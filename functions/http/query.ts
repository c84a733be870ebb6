/** The parameters of GET /runs. */
import * as z from "zod/mini";
import type { RunSummary } from "../../shared/core/record.ts";
import { RUN_STATES } from "../../shared/core/run-state.ts";
import { check } from "../../shared/schema/issues.ts";
import { HttpProblem } from "./problem.ts";

const DEFAULT_LIMIT = 50;
const MOST_RUNS = 200;
/** Each day is a few questions to the table, be there runs or none. */
const DEFAULT_DAYS = 7;
const MOST_DAYS = 366;

/** A place in the list, as it is handed out and taken back. */
interface Position {
  readonly createdAt: number;
  readonly key: string;
}

/** What is asked for. */
export interface RunFilter {
  readonly limit: number;
  readonly days: number;
  readonly after?: Position;
  matches(run: RunSummary): boolean;
}

const parameters = z.strictObject({
  state: z.optional(z.enum(RUN_STATES)),
  target: z.optional(z.string()),
  limit: z.optional(z.coerce.number().check(z.int(), z.gte(1), z.lte(MOST_RUNS))),
  days: z.optional(z.coerce.number().check(z.int(), z.gte(1), z.lte(MOST_DAYS))),
  cursor: z.optional(z.string()),
});

const position = z.tuple([z.int(), z.string().check(z.regex(/^[a-z2-7]{1,26}$/))]);

/** Reads the parameters; `label` may be given several times, and a run needs them all. Throws INVALID_QUERY. */
export function runFilter(query: URLSearchParams): RunFilter {
  const labels = query.getAll("label");
  const others = [...query].filter(([name]) => name !== "label");
  const twice = others.find(([name], index) => others.findIndex(([other]) => other === name) !== index);
  if (twice !== undefined) throw new HttpProblem("INVALID_QUERY", "given twice", { path: twice[0] });
  const given = Object.fromEntries(others.map(([name, value]) => [name, name === "state" ? value.toUpperCase() : value]));
  const checked = check(parameters, given);
  if (!checked.ok) {
    const [{ path, message } = { path: "", message: "invalid" }] = checked.issues;
    throw new HttpProblem("INVALID_QUERY", `${path}: ${message}`, { path });
  }
  const { state, target, limit = DEFAULT_LIMIT, days = DEFAULT_DAYS, cursor } = checked.value;
  return {
    limit,
    days,
    ...(cursor === undefined ? {} : { after: positionOf(cursor) }),
    matches: (run) =>
      (state === undefined || run.state === state) &&
      (target === undefined || run.target === target) &&
      labels.every((label) => run.labels?.includes(label) === true),
  };
}

/** The cursor of a place. */
export function cursorOf({ createdAt, key }: Position): string {
  return Buffer.from(JSON.stringify([createdAt, key])).toString("base64url");
}

function positionOf(cursor: string): Position {
  try {
    const [createdAt, key] = position.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
    return { createdAt, key };
  } catch {
    throw new HttpProblem("INVALID_QUERY", "this is no cursor of ours", { path: "cursor" });
  }
}
