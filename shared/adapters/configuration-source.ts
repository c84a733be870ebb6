import { readFile } from "node:fs/promises";
import { Refusal } from "../core/errors.ts";

/** Where a configuration comes from, and its text. */
export interface ConfigurationSource {
  /** A path, or `SLIPWAY_CONFIG` for a document given as it is. */
  readonly name: string;
  readonly text: string;
}

/** Reads the configuration that `SLIPWAY_CONFIG` names: a path, or the document itself. */
export async function readConfigurationSource(setting: string): Promise<ConfigurationSource> {
  if (setting.includes("\n") || setting.trimStart().startsWith("{")) return { name: "SLIPWAY_CONFIG", text: setting };
  if (/^(s3|gs|gcs):\/\//.test(setting)) {
    throw new Refusal("INVALID_CONFIGURATION", {
      path: "",
      message: `SLIPWAY_CONFIG: ${setting} can't be read yet; give a path or the document itself`,
    });
  }
  try {
    return { name: setting, text: await readFile(setting, "utf8") };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === "ENOENT" ? "there is no such file" : `it can't be read (${code})`;
    throw new Refusal("INVALID_CONFIGURATION", { path: "", message: `configuration ${setting}: ${why}` });
  }
}
