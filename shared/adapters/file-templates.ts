import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { Refusal } from "../core/errors.ts";
import { type FileLocation, isBelow } from "./template-places.ts";
import { boundedBytes, refuseTooLarge, type TemplateSource, templateDenied, templateNotFound } from "./template-source.ts";

/** Templates in folders of this machine. A link may lead anywhere below its folder, and nowhere else. */
export const fileTemplates: TemplateSource<FileLocation> = {
  async fetch({ candidates }, knownTag, signal) {
    for (const { folder, file } of candidates) {
      const real = await realFile(folder, file);
      if (real === undefined) continue;
      const bytes = await bytesOf(real, signal);
      // Read each time: times and sizes miss a change within a tick of the clock, and a megabyte takes a millisecond.
      const tag = createHash("sha256").update(bytes).digest("hex");
      return tag === knownTag ? "unchanged" : { bytes, tag, version: tag };
    }
    const folders = [...new Set(candidates.map(({ folder }) => folder))];
    throw templateNotFound(`there is no such file in the template folder (${folders.join(", ")})`);
  },
};

/** The file behind all links; undefined where there is none. Throws `Refusal` where it is not below the folder. */
async function realFile(folder: string, file: string): Promise<string | undefined> {
  const [realFolder, real] = await Promise.all([realPath(folder), realPath(file)]);
  if (realFolder === undefined) {
    throw new Refusal("TEMPLATE_NOT_ALLOWED", {
      path: "",
      message: `the template folder ${folder} is not there (a cloud function has only the files of its package)`,
    });
  }
  if (real === undefined) return undefined;
  if (isBelow(real, realFolder)) return real;
  throw new Refusal("TEMPLATE_NOT_ALLOWED", { path: "", message: "it is a link that leads out of the template folder" });
}

async function realPath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    if (code === "EACCES" || code === "ELOOP") throw templateDenied(`it can't be reached (${code})`);
    throw error;
  }
}

async function bytesOf(file: string, signal: AbortSignal): Promise<Uint8Array> {
  // Opening a pipe waits for its writer, and a device may do anything: neither is opened.
  if (!(await stat(file)).isFile()) throw templateNotFound("it is not a file");
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EACCES" || error.code === "EPERM" ? templateDenied("the dispatcher's user may not read it") : error;
  });
  try {
    refuseTooLarge((await handle.stat()).size);
    return await boundedBytes(handle.createReadStream({ autoClose: false }), signal);
  } finally {
    await handle.close();
  }
}
