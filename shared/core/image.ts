import { Refusal } from "./errors.ts";
import type { FlowStorage, PlannedRun } from "./run.ts";
import type { Target } from "./target.ts";

/** What an image is chosen from. */
export interface ImageSources {
  readonly run: PlannedRun;
  readonly target: Target;
  /** The image in the container of the chosen template, where the launcher has templates. */
  readonly template?: string;
}

/**
 * The image of a run: Docker storage, else the run config's, the template's, the target's. An empty text counts as given in
 * the run config only, as it did to the agents; no service can run it, so it is refused. Throws `Refusal` IMAGE_MISSING.
 */
export function chooseImage({ run, target, template }: ImageSources): string | undefined {
  const { flow, runConfig } = run.request;
  if (flow?.storage?.type === "Docker") return imageOfStorage(flow.storage);
  const own = "image" in runConfig ? runConfig.image : undefined;
  if (own === "") {
    throw new Refusal("IMAGE_MISSING", {
      path: "run_config.image",
      message: "the image is an empty text; leave it out, or set it to null, to get the one of the template or of the target",
    });
  }
  return own ?? (template || target.image || undefined);
}

/** The image of a run that can't do without. Throws `Refusal` IMAGE_MISSING that names the places where it can be set. */
export function requireImage(sources: ImageSources): string {
  const image = chooseImage(sources);
  if (image !== undefined) return image;
  const { run, target } = sources;
  const inConfig = run.request.runConfig.type === "UniversalRun" ? "" : "in the run config (run_config.image), in its template, ";
  throw new Refusal("IMAGE_MISSING", {
    path: "run_config.image",
    message: `no image is named; set one in the flow's storage (flow.storage of type Docker), ${inConfig}or in target "${target.name}" (image)`,
  });
}

/** `registry_url/image_name:image_tag`; the registry may be left out, and may end in a slash. The schema saw to the other two. */
function imageOfStorage(storage: FlowStorage): string {
  const { registry_url: registry, image_name: name, image_tag: tag } = storage;
  const prefix = typeof registry === "string" ? registry.replace(/\/+$/, "") : "";
  return `${prefix === "" ? "" : `${prefix}/`}${name}:${tag}`;
}
