import type { Launcher } from "../core/launcher.ts";
import { ecs } from "./ecs/index.ts";
import { local } from "./local/index.ts";

/** Every kind of target. Adding one is a folder and a line. */
export const launchers: Readonly<Record<string, Launcher>> = { ecs, local } satisfies Record<string, { readonly type: string }>;
