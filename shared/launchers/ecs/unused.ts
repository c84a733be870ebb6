/** Definitions of ours that nobody uses any more. */
import { DeregisterTaskDefinitionCommand, type ECSClient } from "@aws-sdk/client-ecs";
import type { Services } from "../../core/launcher.ts";
import { sdkError } from "./answers.ts";

/** Longer than a dispatcher that knows an ARN lives. What comes round once a year is registered again then: that costs nothing. */
const UNUSED_MILLISECONDS = 90 * 24 * 3_600_000;
/** ECS takes one a second, and as many registrations less: a tidying leaves room for those. */
const MOST_AT_ONCE = 5;

/**
 * Makes those INACTIVE that no dispatcher noted as used for long; tasks of theirs go on. First it is forgotten, unless it was used just
 * now, so that whoever needs it registers it again. Only what we registered ourselves has a note at all.
 */
export async function deregisterUnused(
  client: ECSClient,
  group: string,
  { shared, now }: Pick<Services, "shared" | "now">,
  signal: AbortSignal,
): Promise<void> {
  const before = now() - UNUSED_MILLISECONDS;
  for (const { name, value } of await shared.unused(group, before, MOST_AT_ONCE)) {
    if (signal.aborted) return;
    if (!(await shared.retire(name, value, before))) continue;
    try {
      await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: value }), { abortSignal: signal });
    } catch (thrown) {
      // Deleted by somebody.
      if (!/does not exist|not found/i.test(sdkError(thrown).message)) throw thrown;
    }
  }
}
