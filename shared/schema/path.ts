/** Steps from a document's root to a place in it: keys, and numbers for list entries. */
export type Path = readonly PropertyKey[];

const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/;
/** A key is the sender's text: it may be as long as the whole document. */
const LONGEST_KEY = 80;
const LONGEST_PATH = 400;

/** A path as people write it: `targets[0].env["a-b"]`; empty for the document itself. */
export function pathText(path: Path): string {
  let text = "";
  for (const step of path) {
    const key = String(step);
    if (typeof step === "number") text += `[${key}]`;
    else if (IDENTIFIER.test(key) && key.length <= LONGEST_KEY) text += text === "" ? key : `.${key}`;
    else text += `[${JSON.stringify(clipped(key))}]`;
  }
  return text.length > LONGEST_PATH ? `${text.slice(0, LONGEST_PATH / 2)}…${text.slice(-LONGEST_PATH / 4)}` : text;
}

function clipped(key: string): string {
  return key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}…` : key;
}
