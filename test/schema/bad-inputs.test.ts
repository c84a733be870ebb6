import { describe, expect, test } from "vitest";
import { templateReader } from "../../shared/adapters/template-reader.ts";
import type { Refusal } from "../../shared/core/errors.ts";
import type { Json } from "../../shared/core/json.ts";
import { type Planning, prepare } from "../../shared/core/prepare.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { decodeMessage } from "../../shared/schema/message.ts";
import { CANARY } from "./arbitrary.ts";
import { configurations } from "./bad-inputs/configurations.ts";
import { PLANNED_CONFIGURATION, plans } from "./bad-inputs/plans.ts";
import { requests } from "./bad-inputs/requests.ts";
import type { BadInput } from "./bad-inputs/row.ts";
import { runConfigs } from "./bad-inputs/run-configs.ts";
import { targets } from "./bad-inputs/targets.ts";
import { texts, wrappings } from "./bad-inputs/texts.ts";
import { refusalOf } from "./refused.ts";

const SOURCE = { messageId: "message-1" };
const decoded = (document: unknown) => decodeMessage(JSON.stringify(document), SOURCE);

/** One issue, with code, exact path and message; nothing of the input's secret in it. */
function expectRefusal(refusal: Refusal, [, , code, path, message]: BadInput<unknown>, under = ""): void {
  expect({ code: refusal.code, issues: refusal.issues }).toEqual({
    code,
    issues: [
      { path: under === "" ? path : [under, path].filter((part) => part !== "").join("."), message: expect.stringContaining(message) },
    ],
  });
  expect(refusal.message).not.toContain(CANARY);
}

/** A table's rows under their names. */
function named<Input>(rows: readonly BadInput<Input>[]): readonly (readonly [string, BadInput<Input>])[] {
  return rows.map((row) => [row[0], row]);
}

describe("a message is refused that is", () => {
  test.each(named(texts))("%s", (_, row) => {
    expectRefusal(
      refusalOf(() => decodeMessage(row[1], SOURCE)),
      row,
    );
  });
});

describe("a wrapped message is refused: ", () => {
  test.each(named(wrappings))("%s", (_, row) => {
    expectRefusal(
      refusalOf(() => decoded(row[1])),
      row,
    );
  });
});

describe("a request is refused with", () => {
  test.each(named(requests))("%s", (_, row) => {
    expectRefusal(
      refusalOf(() => decoded(row[1])),
      row,
    );
  });
});

describe("a run config is refused with", () => {
  test.each(named(runConfigs))("%s", (_, row) => {
    expectRefusal(
      refusalOf(() => decoded({ run_config: row[1] })),
      row,
      "run_config",
    );
  });
});

describe("a configuration is refused with", () => {
  test.each(named(configurations))("%s", (_, row) => {
    const document: Json = { targets: [{ name: "here", type: "local" }], ...row[1] };
    expectRefusal(
      refusalOf(() => parseConfiguration(document, launchers)),
      row,
    );
  });
});

describe("a target is refused with", () => {
  test.each(named(targets))("%s", (_, row) => {
    const document: Json = { targets: [{ name: "there", ...row[1] }] };
    expectRefusal(
      refusalOf(() => parseConfiguration(document, launchers)),
      row,
      "targets[0]",
    );
  });
});

describe("a run is refused with", () => {
  const planning: Planning = {
    configuration: parseConfiguration(PLANNED_CONFIGURATION, launchers),
    launchers,
    services: { stateFolder: "/state" },
    templates: templateReader(["templates", "s3://bucket/templates/"]),
  };

  test.each(named(plans))("%s", async (_, row) => {
    const message = decoded(row[1]);
    if (message.kind !== "request") throw new Error("expected a request");
    expectRefusal(
      await prepare(planning, message.request, 1).then(
        () => refusalOf(() => undefined),
        (error: Refusal) => error,
      ),
      row,
    );
  });
});

test("the tables hold each bad input under a name of its own, and as many as they should", () => {
  const tables: readonly (readonly BadInput<never>[])[] = [texts, wrappings, requests, runConfigs, configurations, targets, plans].map(
    (rows) => rows as readonly BadInput<never>[],
  );
  for (const rows of tables) expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length);
  expect(tables.flat().length).toBeGreaterThanOrEqual(120);
});
