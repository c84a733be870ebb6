/** The web page: files that know nothing, and ask the HTTP interface with the token of whoever looks. */
import { extname } from "node:path";
import { files } from "./files.ts";

const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript" };

/** Nothing from elsewhere, nothing to elsewhere, no text that becomes code, and in nobody's frame. */
const HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-cache",
};

/** One of the page's files; undefined: there is none of that name. */
export function pageFile(name: string): Response | undefined {
  const text = Object.hasOwn(files, name) ? files[name] : undefined;
  const type = TYPES[extname(name)];
  if (text === undefined || type === undefined) return undefined;
  return new Response(text, { headers: { ...HEADERS, "content-type": `${type}; charset=utf-8` } });
}
