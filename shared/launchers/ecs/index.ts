import { defineLauncher } from "../../core/launcher.ts";
import { eventOf } from "./events.ts";
import { ecsFailures } from "./failures.ts";
import { planEcs, templatePath } from "./plan.ts";
import { rightsOf } from "./rights.ts";
import { ecsFields } from "./target.ts";
import { ecsTargetIssues } from "./target-issues.ts";

/** Tasks on Amazon ECS: Fargate, EC2, EXTERNAL and capacity providers. */
export const ecs = defineLauncher({
  type: "ecs",
  runs: ["ECSRun", "UniversalRun"],
  get fields() {
    return ecsFields();
  },
  targetIssues: ecsTargetIssues,
  failures: ecsFailures,
  supportsSecrets: true,
  inspectSeconds: 60,
  repeatSeconds: 50 * 60,
  place: ({ settings }) => `ecs:${settings.roleArn ?? ""}:${settings.region ?? ""}:${settings.cluster ?? "default"}`,
  rights: rightsOf,
  templatePath,
  plan: planEcs,
  eventOf,
  connect: async (target, services) => (await import("./backend.ts")).connectEcs(target, services),
});
