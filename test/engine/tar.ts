/** An image's root in a tar archive, written by hand: a few files need no library. */

/** A file, a folder, or a link to another name. */
export type Entry = { readonly name: string; readonly mode: number } & (
  | { readonly content: Buffer }
  | { readonly folder: true }
  | { readonly link: string }
);

const BLOCK = 512;

export function tarOf(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocksOf), Buffer.alloc(2 * BLOCK)]);
}

function blocksOf(entry: Entry): readonly Buffer[] {
  const content = "content" in entry ? entry.content : Buffer.alloc(0);
  const header = Buffer.alloc(BLOCK);
  header.write(entry.name, 0);
  header.write(octal(entry.mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(content.length, 11), 124);
  header.write(octal(0, 11), 136);
  header.write("        ", 148);
  header.write("folder" in entry ? "5" : "link" in entry ? "2" : "0", 156);
  if ("link" in entry) header.write(entry.link, 157);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return [header, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
