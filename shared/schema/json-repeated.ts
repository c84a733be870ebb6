/** Finds a field that is there twice. A parser keeps the last of them and says nothing, and the sender may have meant the first. */
import type { Path } from "./path.ts";

const STRUCTURE = /["{}[\],]/g;

/** An object or list that is open, and where in it we are. */
interface Open {
  readonly fields: Set<string> | undefined;
  at: string | number;
}

/** The path of the first field that its object has already; undefined where there is none. The text is valid JSON. */
export function repeatedField(text: string): Path | undefined {
  const open: Open[] = [];
  STRUCTURE.lastIndex = 0;
  for (let match = STRUCTURE.exec(text); match !== null; match = STRUCTURE.exec(text)) {
    const within = open.at(-1);
    switch (match[0]) {
      case "{":
        open.push({ fields: new Set(), at: "" });
        break;
      case "[":
        open.push({ fields: undefined, at: 0 });
        break;
      case ",":
        if (typeof within?.at === "number") within.at++;
        break;
      case '"': {
        const end = endOfText(text, match.index);
        STRUCTURE.lastIndex = end;
        if (within?.fields === undefined || !isBeforeColon(text, end)) break;
        const name: string = JSON.parse(text.slice(match.index, end));
        within.at = name;
        if (within.fields.has(name)) return open.map(({ at }) => at);
        within.fields.add(name);
        break;
      }
      default:
        open.pop();
    }
  }
  return undefined;
}

/** Just behind the text that begins at an offset. */
function endOfText(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

/** An odd number of backslashes is before it. */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text[before - 1] === "\\") before--;
  return (at - before) % 2 === 1;
}

function isBeforeColon(text: string, from: number): boolean {
  SPACE.lastIndex = from;
  SPACE.test(text);
  return text[SPACE.lastIndex] === ":";
}

const SPACE = /[ \t\n\r]*/y;
