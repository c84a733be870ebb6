import { existsSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const NAME = "examples/hello.json";

/** The request to begin with: of this folder, or of the package where Slipway is installed in another project. */
export function exampleFile(): string {
  return existsSync(NAME) ? NAME : relative(process.cwd(), fileURLToPath(new URL(`../../${NAME}`, import.meta.url)));
}
