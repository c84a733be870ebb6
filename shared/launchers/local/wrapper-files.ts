import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readdirSync, readlinkSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { identityOf } from "./process-identity.ts";
import type { WrapperSpec } from "./wrapper-spec.ts";

/** What a wrapper tells its parent, as one line of JSON. After `held` and `failed` it starts nothing. */
export type WrapperAnswer =
  | { readonly marker: "taken" }
  | { readonly marker: "held" }
  | { readonly marker: "failed"; readonly code: string; readonly message: string };

/**
 * Takes the attempt's marker, whole or not at all: link(2) makes the name appear with its content, and fails where there
 * is one. It is on the disk before the command starts, so that a power cut cannot make an attempt forgotten.
 */
export function takeMarker(spec: WrapperSpec, wrapper = identityOf(process.pid)): WrapperAnswer {
  const path = `${spec.folder}/marker.json`;
  try {
    mkdirSync(spec.folder, { recursive: true, mode: 0o700 });
    const { planDigest, ...identity } = spec.identity;
    const content = { ...identity, plan_digest: planDigest, wrapper, started_at: Date.now() };
    const draft = writeDraft(path, content, { durable: true });
    const answer = Date.now() > spec.landBy ? LATE : link(draft, path);
    remove(draft);
    if (answer.marker === "taken") for (const folder of [spec.folder, dirname(spec.folder)]) syncFolder(folder);
    return answer;
  } catch (error) {
    return { marker: "failed", ...messageOf(error) };
  }
}

const LATE = { marker: "failed", code: "LATE", message: "the wrapper came too late to take the marker" } as const;

function link(draft: string, path: string): WrapperAnswer {
  try {
    linkSync(draft, path);
    return { marker: "taken" };
  } catch (error) {
    const failure = messageOf(error);
    return failure.code === "EEXIST" ? { marker: "held" } : { marker: "failed", ...failure };
  }
}

/** Nothing that happens after the link may make a taken marker look untaken. */
function remove(draft: string): void {
  try {
    unlinkSync(draft);
  } catch {
    return;
  }
}

/** One line to the dispatcher, which may be dead by now (EPIPE). */
export function tell(answer: WrapperAnswer): void {
  try {
    writeSync(1, `${JSON.stringify(answer)}\n`);
  } catch {
    return;
  }
}

/** Writes a file so that a reader sees all of it or nothing. */
export function writeJson(path: string, content: object, options: { readonly durable?: boolean } = {}): void {
  renameSync(writeDraft(path, content, options), path);
}

/**
 * The embedded table's files are open in the dispatcher without close-on-exec, so every process that it starts has them, and could
 * write into them. Linux only: elsewhere nothing tells what is open.
 */
export function closeInherited(stateFolder: string): void {
  let open: readonly string[];
  try {
    open = readdirSync("/proc/self/fd");
  } catch {
    return;
  }
  for (const name of open) {
    try {
      if (Number(name) > 2 && readlinkSync(`/proc/self/fd/${name}`).startsWith(`${stateFolder}/data/`)) closeSync(Number(name));
    } catch {
      // The one that the folder was read through is closed by now.
    }
  }
}

/** Code and text of whatever was thrown. */
export function messageOf(error: unknown): { readonly code: string; readonly message: string } {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "ERROR";
  return { code, message: error instanceof Error ? error.message : String(error) };
}

/** The name is new each time: a draft left by a killed wrapper may be the marker itself by another name. */
function writeDraft(path: string, content: object, { durable = false }: { readonly durable?: boolean }): string {
  const draft = `${path}.${process.pid}-${process.hrtime.bigint()}`;
  const file = openSync(draft, "wx", 0o600);
  try {
    writeSync(file, `${JSON.stringify(content)}\n`);
    if (durable) fsyncSync(file);
  } catch (error) {
    // A full disk is tried again, and its empty drafts would add up.
    remove(draft);
    throw error;
  } finally {
    closeSync(file);
  }
  return draft;
}

/** Not every file system can; the marker is taken all the same. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    return;
  }
}
