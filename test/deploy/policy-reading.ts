/** IAM's answer to a call, read from statements as IAM reads them: an explicit denial, else an allowance, else no. */

/** A statement of a policy. */
export interface Statement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly unknown[];
  readonly Condition?: unknown;
}

/** A call as IAM sees it. */
export interface Call {
  readonly action: string;
  readonly resource: string;
  /** Keys that come with it. */
  readonly keys?: Readonly<Record<string, string>>;
}

/** Whether statements with plain ARNs allow a call. */
export function allows(statements: readonly Statement[], call: Call): boolean {
  const fitting = statements.filter((statement) => fits(statement, call));
  return fitting.some(({ Effect }) => Effect === "Allow") && !fitting.some(({ Effect }) => Effect === "Deny");
}

function fits({ Action, Resource, Condition }: Statement, { action, resource, keys = {} }: Call): boolean {
  return (
    Action.some((pattern) => matches(pattern, action)) &&
    Resource.some((pattern) => matches(String(pattern), resource)) &&
    Object.entries(conditionsOf(Condition)).every(([operator, wanted]) =>
      Object.entries(wanted).every(([key, values]) => {
        const given = keys[key];
        if (given === undefined) return false;
        return [values].flat().some((value) => (operator.startsWith("Arn") ? matches(value, given) : value === given));
      }),
    )
  );
}

function conditionsOf(condition: unknown): Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> {
  return JSON.parse(JSON.stringify(condition ?? {}));
}

function matches(pattern: string, text: string): boolean {
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s").test(text);
}
