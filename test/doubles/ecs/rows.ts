import { describe, test } from "vitest";
import type { EcsDoubleOptions } from "./options.ts";
import type { Quirk } from "./quirks.ts";
import { inScenario, type Scenario } from "./scenario.ts";

type Play = (scenario: Scenario) => Promise<void>;

/** What shows a quirk, with the options that its double needs. */
export type Row = Play | readonly [options: EcsDoubleOptions, play: Play];

/** One test a quirk: a quirk without its row does not compile. */
export function quirkRows<Name extends string>(
  title: string,
  quirks: Readonly<Record<Name, Quirk>>,
  rows: Readonly<Record<Name, Row>>,
): void {
  describe(title, () => {
    for (const name of Object.keys(quirks) as Name[]) {
      const row = rows[name];
      const [options, play] = typeof row === "function" ? [{}, row] : row;
      test(`${name} (${quirks[name].mark})`, () => inScenario(options, play));
    }
  });
}
