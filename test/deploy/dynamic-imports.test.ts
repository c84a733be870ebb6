/** A package that is CommonJS, imported on first use, has only its default export once it is bundled: named ones are there in the checkout, and gone in the function. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

interface Imported {
  readonly file: string;
  readonly names: string;
  readonly name: string;
}

const IMPORT = /\{([^{}]*)\}\s*(?:\]\s*)?=\s*await\s+(?:Promise\.all\(\[[^\]]*)?import\("((?:@[\w.-]+\/)?[a-z][\w.-]*)[^"]*"\)/g;

/** Every `const { … } = await import("package")` of the product. */
async function imported(): Promise<readonly Imported[]> {
  const all: Imported[] = [];
  for (const folder of ["shared", "functions"]) {
    for (const file of (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts"))) {
      const text = await readFile(join(folder, file), "utf8");
      for (const [, names = "", name = ""] of text.matchAll(IMPORT)) all.push({ file: join(folder, file), names, name });
    }
  }
  return all;
}

/** Whether a bundler finds CommonJS only. */
async function isCommonJs(name: string): Promise<boolean> {
  const { type, module, exports = {} } = JSON.parse(await readFile(join("node_modules", name, "package.json"), "utf8"));
  return type !== "module" && module === undefined && !JSON.stringify(exports).includes('"import"');
}

test("of a CommonJS package that is imported on first use only the default is taken", async () => {
  const all = await imported();
  expect(all.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["@google-cloud/storage", "@google-cloud/secret-manager", "google-auth-library"]),
  );
  const wrong: string[] = [];
  for (const { file, names, name } of all) {
    if ((await isCommonJs(name)) && !/^\s*default:/.test(names)) wrong.push(`${file}: {${names}} of ${name}`);
  }
  expect(wrong).toEqual([]);
});
