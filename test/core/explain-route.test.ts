import { expect, test } from "vitest";
import { explainRoute } from "../../shared/core/explain-route.ts";
import { route } from "../../shared/core/route.ts";
import type { RunRequest } from "../../shared/core/run.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { parseConfiguration } from "../../shared/schema/configuration.ts";
import { parseRunRequest } from "../../shared/schema/run-request.ts";
import { refusalOf } from "../support/refusal.ts";

const { targets } = parseConfiguration(
  {
    targets: [
      { name: "plain", type: "local" },
      { name: "spare", type: "local" },
      { name: "labelled", type: "local", labels: ["a", "b"] },
    ],
  },
  launchers,
);
const ROUTING = { targets, launcherOf: ({ type }: { readonly type: string }) => launchers[type] ?? expect.fail(type) };

const request = (runConfig: object, more: object = {}): RunRequest => parseRunRequest({ run_config: { ...runConfig }, ...more }, "r");

test.each([
  [
    "no labels",
    {},
    {},
    undefined,
    "plain",
    [/^the first that runs LocalRun/, /^it could, but "plain" comes first$/, /^the run has no labels/],
  ],
  ["a label", { labels: ["a"] }, {}, undefined, "labelled", [/^it lacks the label "a"/, /^it lacks/, /^the first .* the run's labels$/]],
  ["a label that none has", { labels: ["c"] }, {}, undefined, undefined, [/lacks/, /lacks/, /lacks the label "c" \(it has "a", "b"\)/]],
  [
    "a pinned target",
    { labels: ["c"] },
    { target: "spare" },
    undefined,
    "spare",
    [/^the request pins "spare"$/, /whatever the labels$/, /pins/],
  ],
  ["a pinned target that is not there", {}, { target: "spore" }, undefined, undefined, [/pins "spore"/, /pins/, /pins/]],
  [
    "a pinned target of another type",
    { type: "ECSRun" },
    { target: "spare" },
    undefined,
    undefined,
    [/pins/, /^target "spare": type local runs/, /pins/],
  ],
  ["a sender that may use one", {}, {}, ["sp*"], "spare", [/^the sender may not use it$/, /^the first/, /^the sender may not use it$/]],
  ["a sender that pins another", {}, { target: "plain" }, ["sp*"], undefined, [/sender may not use the target "plain"/, /pins/, /pins/]],
] as const)(
  "%s: the explanation chooses what the routing chooses, and gives each target's reason",
  (_, config, more, sender, chosen, reasons) => {
    const run = request({ type: "LocalRun", ...config }, more);
    const routing = { ...ROUTING, ...(sender === undefined ? {} : { senderTargets: sender }) };
    const explanation = explainRoute(run, routing);
    expect(explanation.chosen?.name).toBe(chosen);
    expect(explanation.answers.filter((answer) => answer.chosen).map(({ target }) => target.name)).toEqual(
      chosen === undefined ? [] : [chosen],
    );
    for (const [index, reason] of reasons.entries()) expect(explanation.answers[index]?.reason).toMatch(reason);
    if (chosen === undefined) expect(explanation.reason).toBe(refusalOf(() => route(run, routing)).issues[0]?.message);
    else expect(route(run, routing)).toBe(explanation.chosen);
  },
);
