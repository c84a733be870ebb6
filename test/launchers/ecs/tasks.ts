/** A task as it is seen, but for what a test says. */
import type { SeenTask } from "../../../shared/launchers/ecs/observation.ts";

export const ARN = "arn:aws:ecs:eu-west-1:123456789012:task/jobs/0123456789abcdef0123456789abcdef";
export const NOW = Date.parse("2026-11-22T10:00:00Z");
export const STARTED = new Date("2026-11-22T09:00:00Z");
export const STOPPED = new Date("2026-11-22T09:30:00Z");

type Container = NonNullable<SeenTask["containers"]>[number];
export const flow = (parts: Omit<Container, "name"> = {}): Container => ({ name: "flow", ...parts });
export const stopped = (task: Partial<SeenTask>): SeenTask => ({
  taskArn: ARN,
  lastStatus: "STOPPED",
  startedAt: STARTED,
  stoppedAt: STOPPED,
  ...task,
});
