/** What CommonJS modules find around them, for those that are built into modules which have none of it. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

export const __filename = fileURLToPath(import.meta.url);
export const __dirname = dirname(__filename);
