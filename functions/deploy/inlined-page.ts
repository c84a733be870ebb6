/** A function's zip has modules alone: the page's files become one. */
import type { Plugin } from "rolldown";
import { files } from "../console/files.ts";

/** The plugin of a build that holds the web page. */
export function inlinedPage(): Plugin {
  return {
    name: "inlined-page",
    load: {
      filter: { id: /[\\/]functions[\\/]console[\\/]files[.]ts$/ },
      handler: () => ({ code: `export const files = ${JSON.stringify(files)};`, moduleType: "js" }),
    },
  };
}
