/** What is mounted from where: docker-py's forms, a target's `volumes`, and the parts of a bind. */
import { byCodeUnit, isObject, type Json } from "../../core/json.ts";
import type { Form } from "./forms.ts";

const EXPECTED = 'expected a list of source:target[:mode], or an object: {"/source": {"bind": "/target", "mode": "ro"}}';

/** Binds as texts, from a list of them or an object by source. */
export const binds: Form = (value) => {
  if (!isObject(value)) return { value };
  const texts = Object.entries(value)
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .map(([source, to]) => bindOf(source, to));
  return texts.every((text) => text !== undefined) ? { value: texts } : { expected: EXPECTED };
};

function bindOf(source: string, to: Json): string | undefined {
  if (typeof to === "string") return `${source}:${to}:rw`;
  if (!isObject(to)) return undefined;
  const { bind, ro, mode, ...others } = to;
  if (typeof bind !== "string" || Object.keys(others).length > 0) return undefined;
  // Both say how it is mounted.
  if (ro !== undefined && mode !== undefined) return undefined;
  if (ro !== undefined) return typeof ro === "boolean" ? `${source}:${bind}:${ro ? "ro" : "rw"}` : undefined;
  if (mode !== undefined && typeof mode !== "string") return undefined;
  return `${source}:${bind}:${mode ?? "rw"}`;
}

/** The parts of a bind. Without a source it is a volume of the container's own. */
export interface Bind {
  readonly source?: string;
  readonly modes: readonly string[];
}

/** The parts of `source:target[:mode]`. */
export function partsOf(bind: string): Bind {
  const [first = "", second, ...rest] = bind.split(":");
  return second === undefined ? { modes: [] } : { source: first, modes: rest.join(":").split(",").filter(Boolean) };
}

/** Whether a source is a volume's name, and not a path of the host. */
export function isVolumeName(source: string): boolean {
  return source !== "" && !/^[./~]/.test(source);
}

/** A path without `.`, `..` and doubled slashes, as far as that can be said without looking at it. */
export function normalPath(path: string): string {
  const root = path.startsWith("/") ? (path.startsWith("//") && !path.startsWith("///") ? "//" : "/") : "";
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (root === "") parts.push(part);
  }
  return root + parts.join("/") || ".";
}

/** A target's volume. */
export interface TargetVolume {
  /** Path on the host, or a volume's name. */
  readonly source: string;
  readonly target: string;
  readonly mode: string;
}

/** A target's volume `[external:]internal[:mode]`, or what is wrong with it. */
export function targetVolume(text: string): TargetVolume | string {
  const [first = "", second, mode = "rw", ...more] = text.split(":");
  if (more.length > 0) return "expected [external:]internal[:mode], without further parts";
  const source = normalPath(first.trim());
  if (second === undefined) return { source, target: source, mode };
  if (isVolumeName(source) && mode !== "rw") return `a named volume is mounted rw, not ${JSON.stringify(mode)}`;
  return { source, target: normalPath(second.trim()), mode };
}

/** A target's volumes as binds. Of two with one source, the last counts. */
export function bindsOf(volumes: readonly string[]): readonly string[] {
  const bySource = new Map<string, string>();
  for (const text of volumes) {
    const volume = targetVolume(text);
    if (typeof volume !== "string") bySource.set(volume.source, `${volume.source}:${volume.target}:${volume.mode}`);
  }
  return [...bySource.values()];
}
