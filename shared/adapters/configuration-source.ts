import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Refusal } from "../core/errors.ts";
import { type ObjectLocation, objectAt } from "./template-places.ts";
import type { TemplateSource } from "./template-source.ts";

/** The object stores that a configuration may be in. */
export type ConfigurationStores = Readonly<Record<ObjectLocation["store"], TemplateSource<ObjectLocation>>>;

/** Where a configuration comes from, and its text. */
export interface ConfigurationSource {
  /** A path or URL, or `SLIPWAY_CONFIG` for a document given as it is. */
  readonly name: string;
  readonly text: string | Uint8Array;
  /** The folder that its relative paths count from: its own, or the working directory for one that is in no file. */
  readonly folder: string;
}

/** A function starts with it, and has its time. */
const TIMEOUT_MILLISECONDS = 8_000;

/** Reads the configuration that `SLIPWAY_CONFIG` names: a path, an `s3://` or `gs://` URL, or the document itself. Throws `Refusal`. */
export async function readConfigurationSource(setting: string, stores: ConfigurationStores): Promise<ConfigurationSource> {
  if (setting.includes("\n") || setting.trimStart().startsWith("{"))
    return { name: "SLIPWAY_CONFIG", text: setting, folder: process.cwd() };
  if (/^(s3|gs|gcs):\/\//.test(setting)) return { name: setting, text: await objectText(setting, stores), folder: process.cwd() };
  try {
    return { name: setting, text: await readFile(setting, "utf8"), folder: dirname(resolve(setting)) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw unreadable(setting, code === "ENOENT" ? "there is no such file" : `it can't be read (${code})`);
  }
}

/** Throws `Refusal` for what can't succeed, and an error that names the URL for what may succeed later. */
async function objectText(url: string, stores: ConfigurationStores): Promise<Uint8Array> {
  const location = objectAt(url);
  if (location === undefined || location.key.endsWith("/"))
    throw unreadable(url, "it names no object; expected s3://bucket/key or gs://bucket/key");
  try {
    const fetched = await stores[location.store].fetch(location, undefined, AbortSignal.timeout(TIMEOUT_MILLISECONDS));
    if (fetched === "unchanged") throw new Error("an object that was never read can't be unchanged");
    return fetched.bytes;
  } catch (error) {
    if (error instanceof Refusal) throw unreadable(url, error.message);
    throw new Error(`the configuration ${url} can't be read just now`, { cause: error });
  }
}

function unreadable(setting: string, why: string): Refusal {
  return new Refusal("INVALID_CONFIGURATION", { path: "", message: `configuration ${setting}: ${why}` });
}
