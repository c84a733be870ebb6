/** What is counted of a message, and the lines that CloudWatch takes it from. */
import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { embeddedMetrics, type Metric, metricsOf } from "../../shared/adapters/metrics.ts";
import type { Dispatched } from "../../shared/core/dispatched.ts";

const rows: readonly (readonly [name: string, dispatched: Dispatched, counted: readonly Metric[]])[] = [
  ["a launch", { outcome: "launched" }, ["launched"]],
  ["a wait", { outcome: "waiting" }, ["waited"]],
  ["a wait for a reason that no table knows", { outcome: "waiting", unrecognised: true }, ["waited", "unrecognised"]],
  ["an answer that was lost", { outcome: "unknown" }, ["unknown"]],
  ["a refusal", { outcome: "rejected", code: "ACCESS_DENIED" }, ["rejected"]],
  ["a message that can't be read", { outcome: "quarantined" }, ["quarantined"]],
  ["a run that a person must look at", { outcome: "stays", alarm: true }, ["stuck"]],
  ["a duplicate", { outcome: "duplicate" }, []],
];

describe("what is counted", () => {
  it.each(rows)("%s", (_name, dispatched, counted) => {
    expect(metricsOf(dispatched)).toEqual(counted);
  });
});

const line = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({ Namespace: z.string(), Dimensions: z.array(z.array(z.string())), Metrics: z.array(z.looseObject({ Name: z.string() })) }),
    ),
  }),
  service: z.string(),
});

describe("the embedded metric format", () => {
  afterEach(() => vi.restoreAllMocks());

  async function written(note: (metrics: Awaited<ReturnType<typeof embeddedMetrics>>) => void) {
    // The library has a console of its own on the process's output, as Lambda wants it.
    const lines: string[] = [];
    vi.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(String(text)) > 0);
    const metrics = await embeddedMetrics("prod");
    note(metrics);
    metrics.publish();
    vi.restoreAllMocks();
    return lines.map((text) => z.parse(line, JSON.parse(text)));
  }

  it("one line for all that an invocation did, and one for each target's latency", async () => {
    const lines = await written((metrics) => {
      metrics.note({ outcome: "launched", target: "etl" }, 120);
      metrics.note({ outcome: "waiting", target: "etl" }, 10);
    });
    const [byTarget, all] = lines;
    expect(byTarget).toMatchObject({ service: "prod", target: "etl", launchLatency: 120 });
    expect(byTarget?._aws.CloudWatchMetrics[0]).toMatchObject({ Namespace: "Slipway" });
    expect(byTarget?._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([["service", "target"]]);
    expect(all).toMatchObject({ service: "prod", launched: 1, waited: 1, launchLatency: 120 });
    expect(all?._aws.CloudWatchMetrics[0]?.Metrics.map(({ Name }) => Name).sort()).toEqual(["launchLatency", "launched", "waited"]);
    // The alarms look at exactly these.
    expect(all?._aws.CloudWatchMetrics[0]?.Dimensions).toEqual([["service"]]);
    expect(lines).toHaveLength(2);
  });

  it("nothing where nothing was done", async () => {
    expect(await written((metrics) => metrics.note({ outcome: "duplicate" }))).toEqual([]);
  });
});
