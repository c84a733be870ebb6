import { chooseCommand, chooseTimeout } from "../../core/command.ts";
import { type ComposedEnvironment, composeEnvironment } from "../../core/environment.ts";
import { requireImage } from "../../core/image.ts";
import type { Plan } from "../../core/launcher.ts";
import type { PlannedRun } from "../../core/run.ts";
import type { Target } from "../../core/target.ts";
import type { TemplateSettings } from "./target.ts";

/** Creates one job. */
export interface TemplateCall {
  readonly api: "template:createJob";
  readonly input: {
    /** Made of deployment, key and attempt, so that a repeat meets what an earlier call made. */
    readonly name: string;
    readonly run_id: string;
    readonly image: string;
    readonly entrypoint: readonly string[] | null;
    readonly command: readonly string[] | null;
    readonly env: ComposedEnvironment;
    readonly timeout_seconds: number | null;
  };
}

/** A launch is one call. */
export interface TemplatePlan extends Plan {
  readonly calls: readonly [TemplateCall];
}

/** Computes the job of a run. Throws `Refusal` where there is no image. */
export function planTemplate(run: PlannedRun, target: Target<TemplateSettings>): TemplatePlan {
  const image = requireImage({ run, target });
  const { entrypoint, command } = chooseCommand(run, target, image);
  const input = {
    name: `slipway-${run.deployment}-${run.key}-${run.attempt}`,
    run_id: run.request.id,
    image,
    entrypoint: entrypoint ?? null,
    command: command ?? null,
    env: composeEnvironment(run, target, { image }),
    timeout_seconds: chooseTimeout(run, target) ?? null,
  };
  return { calls: [{ api: "template:createJob", input }] };
}
