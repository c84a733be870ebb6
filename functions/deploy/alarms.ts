/** What tells a person that something is wrong, and the page on which they look first. docs/operations.md says what to do about each. */

import { type Metric, NAMESPACE } from "../../shared/adapters/metrics.ts";

interface Alarm {
  readonly description: string;
  readonly metric: readonly [namespace: string, name: string, dimensions: Readonly<Record<string, unknown>>];
  readonly statistic?: "Sum" | "Maximum";
  readonly over?: number;
  /** Fewer than this, or nothing at all. */
  readonly under?: number;
  /** Minutes in a row. */
  readonly minutes?: number;
}

const PERIOD = 60;

/** The alarms by their resource's name. */
function alarmsOf(name: string, deployment: string, functions: readonly string[]): Readonly<Record<string, Alarm>> {
  const queue = (resource: string) => ({ QueueName: { "Fn::GetAtt": [resource, "QueueName"] } });
  const own = (metric: Metric) => [NAMESPACE, metric, { service: deployment }] as const;
  return {
    DeadLettersAlarm: {
      description:
        "A message ended the dispatch function ten times: it is in the dead-letter queue, and nothing but a person takes it out.",
      metric: ["AWS/SQS", "ApproximateNumberOfMessagesVisible", queue("DeadLetters")],
      statistic: "Maximum",
    },
    LostEventsAlarm: {
      description: "Events of ECS could not be handed to the observe function; the sweep makes up for them, later.",
      metric: ["AWS/SQS", "ApproximateNumberOfMessagesVisible", queue("LostEvents")],
      statistic: "Maximum",
    },
    LostInputsAlarm: {
      description: "Inputs of schedules could not be enqueued, and are kept: each may be a run that nobody else knows of.",
      metric: ["AWS/SQS", "ApproximateNumberOfMessagesVisible", queue("LostInputs")],
      statistic: "Maximum",
    },
    OldestMessageAlarm: {
      description: "A message has waited for a quarter of an hour: the dispatch function fails, or has too little concurrency.",
      metric: ["AWS/SQS", "ApproximateAgeOfOldestMessage", queue("Queue")],
      statistic: "Maximum",
      over: 900,
    },
    QuarantineAlarm: {
      description: "Messages were refused and kept: `slipway quarantine list`.",
      metric: own("quarantined"),
    },
    UnrecognisedAlarm: {
      description: "A service gave an answer that no failure table knows: the run is tried again with care. Please report it.",
      metric: own("unrecognised"),
    },
    StuckAlarm: {
      description: "A run can't go on without a person (its target is gone, or it crashes the dispatcher): `slipway explain ID`.",
      metric: own("stuck"),
    },
    SweepMissingAlarm: {
      description: "The sweep has not run for five minutes: what waits is not woken, and ends of which no event came are not seen.",
      metric: ["AWS/Lambda", "Invocations", { FunctionName: `${name}-sweep` }],
      under: 1,
      minutes: 5,
    },
    HttpErrorsAlarm: {
      description:
        "Callers of the HTTP API were answered with errors of ours for three minutes in a row: the webhook function's log says why.",
      metric: ["AWS/ApiGateway", "5xx", { ApiId: { Ref: "HttpApi" } }],
      minutes: 3,
    },
    ...Object.fromEntries(
      functions.map((each) => [
        `${each.charAt(0).toUpperCase()}${each.slice(1)}ErrorsAlarm`,
        {
          description: `The function ${each} failed for three minutes in a row: its log says why.`,
          metric: ["AWS/Lambda", "Errors", { FunctionName: `${name}-${each}` }],
          minutes: 3,
        } satisfies Alarm,
      ]),
    ),
  };
}

/** The alarms as resources. `topic` is told of them, where there is one. */
export function alarmResources(name: string, deployment: string, functions: readonly string[], topic: string) {
  const alarms = alarmsOf(name, deployment, functions);
  return Object.fromEntries(
    Object.entries(alarms).map(([resource, { description, metric, statistic = "Sum", over = 0, under, minutes = 1 }]) => {
      const [namespace, metricName, dimensions] = metric;
      const properties = {
        AlarmName: `${name}-${resource.replace(/Alarm$/, "")}`,
        AlarmDescription: description,
        Namespace: namespace,
        MetricName: metricName,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        Statistic: statistic,
        Period: PERIOD,
        EvaluationPeriods: minutes,
        Threshold: under ?? over,
        ComparisonOperator: under === undefined ? "GreaterThanThreshold" : "LessThanThreshold",
        // A function that is not called has no metric.
        TreatMissingData: under === undefined ? "notBreaching" : "breaching",
        ...(topic === "" ? {} : { AlarmActions: [topic], OKActions: [topic] }),
      };
      return [resource, { Type: "AWS::CloudWatch::Alarm", Properties: properties }];
    }),
  );
}

/** The dashboard's body, as JSON text. */
export function dashboard(name: string, deployment: string, functions: readonly string[]): string {
  const region = "${AWS::Region}";
  const graph = (title: string, metrics: readonly unknown[], x: number, y: number, stat = "Sum") => ({
    type: "metric",
    x,
    y,
    width: 12,
    height: 6,
    properties: { title, region, metrics, stat, period: PERIOD, view: "timeSeries" },
  });
  const own = (...metrics: readonly Metric[]) => metrics.map((metric) => [NAMESPACE, metric, "service", deployment]);
  const widgets = [
    graph("Runs", own("launched", "waited", "rejected", "unknown"), 0, 0),
    graph("For a person", own("quarantined", "stuck", "unrecognised"), 12, 0),
    graph("From message to launch, ms", own("launchLatency"), 0, 6, "p95"),
    graph("Oldest message, s", [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", name]], 12, 6, "Maximum"),
    graph(
      "Errors",
      functions.map((each) => ["AWS/Lambda", "Errors", "FunctionName", `${name}-${each}`]),
      0,
      12,
    ),
    graph(
      "Duration, ms",
      functions.map((each) => ["AWS/Lambda", "Duration", "FunctionName", `${name}-${each}`]),
      12,
      12,
      "p95",
    ),
  ];
  return JSON.stringify({ widgets });
}
