import type { Dispatched } from "../core/dispatched.ts";

/** Namespace of the metrics. */
export const NAMESPACE = "Slipway";

/** What is counted, by `service`, which is the deployment; `launchLatency`, in milliseconds, by `service` and `target` as well. */
export type Metric = "launched" | "waited" | "rejected" | "unknown" | "quarantined" | "unrecognised" | "stuck" | "launchLatency";

/** What came of messages, and what was found, as numbers. */
export interface Metrics {
  /** Notes what no message says. */
  count(metric: Metric, times?: number): void;
  /** Notes what came of a message that was `age` milliseconds old then. */
  note(dispatched: Dispatched, age?: number): void;
  /** Hands over what was noted in this invocation. */
  publish(): void;
}

/** Where nobody collects metrics: the log has all of it. */
export const noMetrics: Metrics = { count: () => undefined, note: () => undefined, publish: () => undefined };

const COUNTED: Readonly<Partial<Record<Dispatched["outcome"], Metric>>> = {
  launched: "launched",
  waiting: "waited",
  rejected: "rejected",
  unknown: "unknown",
  quarantined: "quarantined",
};

/** What is counted of one message. */
export function metricsOf({ outcome, unrecognised, alarm }: Dispatched): readonly Metric[] {
  const counted = COUNTED[outcome];
  return [
    ...(counted === undefined ? [] : [counted]),
    ...(unrecognised ? (["unrecognised"] as const) : []),
    ...(alarm ? (["stuck"] as const) : []),
  ];
}

/** Metrics as lines of the function's log, in the embedded metric format, from which CloudWatch takes them. */
export async function embeddedMetrics(deployment: string): Promise<Metrics> {
  const { Metrics: Powertools, MetricUnit } = await import("@aws-lambda-powertools/metrics");
  const metrics = new Powertools({ namespace: NAMESPACE, serviceName: deployment });
  return {
    count: (metric, times = 1) => void metrics.addMetric(metric, MetricUnit.Count, times),
    note(dispatched, age) {
      for (const metric of metricsOf(dispatched)) metrics.addMetric(metric, MetricUnit.Count, 1);
      if (dispatched.outcome !== "launched" || age === undefined) return;
      metrics.addMetric("launchLatency" satisfies Metric, MetricUnit.Milliseconds, age);
      if (dispatched.target === undefined) return;
      const byTarget = metrics.singleMetric();
      byTarget.addDimension("target", dispatched.target);
      byTarget.addMetric("launchLatency" satisfies Metric, MetricUnit.Milliseconds, age);
    },
    publish: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
