import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { templateReader } from "../../shared/adapters/template-reader.ts";
import type { TemplateReader } from "../../shared/core/ports.ts";
import { refusalFrom } from "../support/refusal.ts";

let root: string;
let reader: TemplateReader;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-templates-"));
  await mkdir(join(root, "templates", "etl"), { recursive: true });
  await mkdir(join(root, "templates-evil"));
  await writeFile(join(root, "templates", "job.yml"), "kind: Job\n");
  await writeFile(join(root, "templates", "etl", "job.json"), '{"kind": "Etl"}');
  await writeFile(join(root, "secret.yml"), "password: hunter2\n");
  await writeFile(join(root, "templates-evil", "job.yml"), "kind: Evil\n");
  reader = templateReader([join(root, "templates")]);
});
afterEach(() => rm(root, { recursive: true }));

const read = (path: string) => reader.read({ path, origin: "run", field: "run_config.job_template_path" });

test.each(["job.yml", "./job.yml", "agent:job.yml", "agent://job.yml", "templates/job.yml"])("read: %s", async (path) => {
  const template = await read(path);
  expect(template).toMatchObject({ path, origin: "run", document: { kind: "Job" } });
  expect(template.version).toMatch(/^[0-9a-f]{64}$/);
});

test("absolute paths in the folder are read", async () => {
  expect((await read(join(root, "templates", "etl", "job.json"))).document).toEqual({ kind: "Etl" });
  expect((await read(`agent://${join(root, "templates", "job.yml")}`)).document).toEqual({ kind: "Job" });
});

test("a changed file is read again, an unchanged one is the same document", async () => {
  const before = await read("job.yml");
  expect((await read("job.yml")).document).toBe(before.document);
  // Of the same size, and within the clock's tick.
  await writeFile(join(root, "templates", "job.yml"), "kind: Bob\n");
  const after = await read("job.yml");
  expect(after.document).toEqual({ kind: "Bob" });
  expect(after.version).not.toBe(before.version);
});

test("links may lead about within the folder, as those of a mounted ConfigMap do", async () => {
  const templates = join(root, "templates");
  await mkdir(join(templates, "..2026_11_22"));
  await writeFile(join(templates, "..2026_11_22", "mounted.yml"), "kind: Mounted\n");
  await symlink("..2026_11_22", join(templates, "..data"));
  await symlink("..data/mounted.yml", join(templates, "mounted.yml"));
  expect((await read("mounted.yml")).document).toEqual({ kind: "Mounted" });
});

test("the folder itself may be a link", async () => {
  await symlink("templates", join(root, "current"));
  const linked = templateReader([join(root, "current")]);
  expect((await linked.read({ path: "job.yml", origin: "target" })).document).toEqual({ kind: "Job" });
});

test("of several folders the first that has the file serves", async () => {
  const both = templateReader([join(root, "templates", "etl"), join(root, "templates")]);
  expect((await both.read({ path: "job.yml", origin: "run" })).document).toEqual({ kind: "Job" });
  expect((await both.read({ path: "job.json", origin: "run" })).document).toEqual({ kind: "Etl" });
});

test.each<[string, Record<string, string>, string]>([
  ["a link to a file outside", { "a.yml": "../secret.yml" }, "a.yml"],
  ["an absolute link", { "a.yml": "/etc/hostname" }, "a.yml"],
  ["a link to a folder outside", { up: ".." }, "up/secret.yml"],
  ["a link to a folder that begins alike", { evil: "../templates-evil" }, "evil/job.yml"],
  ["a link over a link", { "b.yml": "../secret.yml", "a.yml": "b.yml" }, "agent:a.yml"],
])("a link out of the folder is refused: %s", async (_rule, links, path) => {
  for (const [name, to] of Object.entries(links)) await symlink(to, join(root, "templates", name));
  const refusal = await refusalFrom(read(path));
  expect(refusal).toMatchObject({ code: "TEMPLATE_NOT_ALLOWED", path: "run_config.job_template_path" });
  expect(refusal.message).toContain("a link that leads out");
  expect(refusal.message).not.toContain("hunter2");
});

test("a folder that is replaced by a link, after it was read, is refused", async () => {
  await read("etl/job.json");
  await rename(join(root, "templates", "etl"), join(root, "templates", "old"));
  await writeFile(join(root, "templates-evil", "job.json"), "{}");
  await symlink("../templates-evil", join(root, "templates", "etl"));
  expect(await refusalFrom(read("etl/job.json"))).toMatchObject({ code: "TEMPLATE_NOT_ALLOWED" });
});

test.each<[string, string, string, string]>([
  ["a missing file", "nothing.yml", "TEMPLATE_NOT_FOUND", "there is no such file in the template folder"],
  ["a file in a file", "job.yml/x", "TEMPLATE_NOT_FOUND", "there is no such file"],
  ["an endless name", "x".repeat(5000), "TEMPLATE_NOT_FOUND", "there is no such file"],
  ["a folder", "etl", "TEMPLATE_NOT_FOUND", "not a file"],
])("refused: %s", async (_rule, path, code, text) => {
  await expectRefused(path, code, text);
});

test("a link that leads to itself, and a pipe, which would be waited for, are refused", async () => {
  await symlink("loop", join(root, "templates", "loop"));
  await expectRefused("loop", "TEMPLATE_DENIED", "ELOOP");
  execFileSync("mkfifo", [join(root, "templates", "pipe")]);
  await expectRefused("pipe", "TEMPLATE_NOT_FOUND", "not a file");
});

test.each<[string, string | Buffer, string, string]>([
  ["too large", `a: ${"x".repeat(1024 * 1024)}`, "TOO_LARGE", "1048576 bytes"],
  ["no YAML", "a: [1", "NOT_YAML", "line 1"],
  ["no text", Buffer.from([0xff, 0xfe, 0x00]), "NOT_UTF8", "UTF-8"],
  ["a list", "- 1", "INVALID_TEMPLATE", "found a list"],
  ["nothing", "", "INVALID_TEMPLATE", "found null"],
  ["poison", '{"a": {"__proto__": 1}}', "INVALID_TEMPLATE", "a.__proto__"],
  ["nested deep", "[".repeat(3000) + "]".repeat(3000), "TOO_DEEP", "deep"],
  ["a YAML bomb", `a: &a [x]\nb: [${"*a,".repeat(30)}]`, "NOT_YAML", "alias"],
])("content that is refused: %s", async (_rule, content, code, text) => {
  await writeFile(join(root, "templates", "bad"), content);
  await expectRefused("bad", code, text);
});

async function expectRefused(path: string, code: string, text: string): Promise<void> {
  const refusal = await refusalFrom(read(path));
  expect(refusal).toMatchObject({ code, path: "run_config.job_template_path" });
  expect(refusal.message).toContain(text);
  expect(refusal.message.length).toBeLessThan(700);
}

test("a folder that is not there, as on a cloud function, allows nothing", async () => {
  const nowhere = templateReader([join(root, "no-folder")]);
  const refusal = await refusalFrom(nowhere.read({ path: "job.yml", origin: "target" }));
  expect(refusal).toMatchObject({ code: "TEMPLATE_NOT_ALLOWED", path: "targets" });
  expect(refusal.message).toContain("is not there");
});
