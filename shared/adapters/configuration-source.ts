import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Refusal } from "../core/errors.ts";

/** Where a configuration comes from, and its text. */
export interface ConfigurationSource {
  /** A path, or `SLIPWAY_CONFIG` for a document given as it is. */
  readonly name: string;
  readonly text: string;
  /** The folder that its relative paths count from: its own, or the working directory for a document given as it is. */
  readonly folder: string;
}

/** Reads the configuration that `SLIPWAY_CONFIG` names: a path, or the document itself. */
export async function readConfigurationSource(setting: string): Promise<ConfigurationSource> {
  if (setting.includes("\n") || setting.trimStart().startsWith("{"))
    return { name: "SLIPWAY_CONFIG", text: setting, folder: process.cwd() };
  if (/^(s3|gs|gcs):\/\//.test(setting)) {
    throw new Refusal("INVALID_CONFIGURATION", {
      path: "",
      message: `SLIPWAY_CONFIG: ${setting} can't be read yet; give a path or the document itself`,
    });
  }
  try {
    return { name: setting, text: await readFile(setting, "utf8"), folder: dirname(resolve(setting)) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === "ENOENT" ? "there is no such file" : `it can't be read (${code})`;
    throw new Refusal("INVALID_CONFIGURATION", { path: "", message: `configuration ${setting}: ${why}` });
  }
}
