import type { Launcher } from "../core/launcher.ts";
import { docker } from "./docker/index.ts";
import { ecs } from "./ecs/index.ts";
import { kubernetes } from "./kubernetes/index.ts";
import { local } from "./local/index.ts";
import { vertex } from "./vertex/index.ts";

/** Every kind of target. Adding one is a folder and a line. */
export const launchers: Readonly<Record<string, Launcher>> = { ecs, kubernetes, vertex, docker, local } satisfies Record<
  string,
  { readonly type: string }
>;
