/** Which files of the configuration's template folders go into the package, and what its configuration says of them there. */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packTemplates } from "../../functions/deploy/packed-templates.ts";

let folder: string;
let built: string;
let config: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-templates-"));
  built = join(folder, "built");
  config = join(folder, "configuration/slipway.yml");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(path: string, text = "a: 1\n"): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

/** Packs with these places; answers what was noted, what the packed configuration says, and the files beside it. */
async function packed(document: object) {
  await put("built/slipway.json", JSON.stringify(document));
  const notes = await packTemplates(config, built);
  const entries = await readdir(built, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name).slice(built.length + 1));
  return {
    notes,
    files: files.filter((name) => name !== "slipway.json").toSorted(),
    document: JSON.parse(await readFile(join(built, "slipway.json"), "utf8")),
  };
}

test("templates of folders beside the configuration and above it, under the folders' own names; stores stay as they are", async () => {
  await put("configuration/jobs/etl/a.yml");
  await put("shared/b.JSON", "{}");
  const from = ["jobs", "s3://acme/templates/", "../shared"];
  expect(await packed({ deployment: "prod", templates: { from } })).toEqual({
    notes: [],
    files: ["templates-of-configuration/0/jobs/etl/a.yml", "templates-of-configuration/2/shared/b.JSON"],
    document: {
      deployment: "prod",
      templates: { from: ["templates-of-configuration/0/jobs", "s3://acme/templates/", "templates-of-configuration/2/shared"] },
    },
  });
});

test("nothing that is no template, too large to be one, hidden, somebody else's, or a way out of the folder", async () => {
  await put("configuration/all/a.yaml");
  await put("configuration/all/key.pem");
  await put("configuration/all/.env.json", "{}");
  await put("configuration/all/.git/config.json", "{}");
  await put("configuration/all/node_modules/x/package.json", "{}");
  await put("configuration/all/large.yml", "x".repeat(1024 * 1024 + 1));
  await put("secret.yml");
  await symlink(join(folder, "secret.yml"), join(folder, "configuration/all/link.yml"));
  expect((await packed({ templates: { from: ["all"] } })).files).toEqual(["templates-of-configuration/0/all/a.yaml"]);
});

test("a folder without one, or that is not there, is told", async () => {
  await put("configuration/empty/notes.txt");
  const { notes, files } = await packed({ templates: { from: ["empty", "nowhere"] } });
  expect(files).toEqual([]);
  expect(notes).toEqual([expect.stringMatching(/^templates.from\[0\]: .*empty/), expect.stringMatching(/^templates.from\[1\]: .*nowhere/)]);
});

test("a configuration without templates stays as it is", async () => {
  expect(await packed({ deployment: "prod" })).toEqual({ notes: [], files: [], document: { deployment: "prod" } });
});
