/** A tree with the project's layout, in which each file has one import: one that a rule forbids, or one that is allowed. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

interface PlantedImport {
  readonly from: string;
  /** The file that is imported, or a module's name. */
  readonly to: string;
  /** The statement, where it is not a plain import; `$` is where the module's name goes. */
  readonly statement?: string;
}

const TYPE_ONLY = "import type { value } from $;\nexport type Copy = typeof value;";
const DYNAMIC = "export const load = () => import($);";

function sdk(name: string): string {
  return `node_modules/${name}/index.js`;
}

/** One import at least for each rule of `.dependency-cruiser.json`. */
export const VIOLATIONS: readonly (PlantedImport & { readonly rule: string })[] = [
  { rule: "no-circular", from: "shared/core/circle-a.ts", to: "shared/core/circle-b.ts" },
  { rule: "unresolved", from: "shared/core/unresolved.ts", to: "./nowhere.ts" },
  { rule: "core-imports-core-only", from: "shared/core/reads-files.ts", to: "fs" },
  { rule: "core-imports-core-only", from: "shared/core/uses-npm.ts", to: sdk("zod") },
  { rule: "core-imports-core-only", from: "shared/core/knows-schema.ts", to: "shared/schema/leaf.ts" },
  { rule: "core-imports-core-only", from: "shared/core/knows-adapter.ts", to: "shared/adapters/leaf.ts", statement: TYPE_ONLY },
  { rule: "schema-imports-core-and-validation", from: "shared/schema/uses-sdk.ts", to: sdk("@aws-sdk/client-sqs") },
  { rule: "schema-imports-core-and-validation", from: "shared/schema/knows-adapter.ts", to: "shared/adapters/leaf.ts" },
  { rule: "launcher-plan-is-pure", from: "shared/launchers/clock/plan.ts", to: "fs" },
  { rule: "launcher-plan-is-pure", from: "shared/launchers/sdk/plan.ts", to: sdk("@aws-sdk/client-sqs") },
  { rule: "launcher-plan-knows-no-backend", from: "shared/launchers/direct/plan.ts", to: "shared/launchers/direct/backend.ts" },
  { rule: "launchers-know-no-other-launcher", from: "shared/launchers/one/backend.ts", to: "shared/launchers/direct/backend.ts" },
  { rule: "launchers-know-no-adapter-schema-or-function", from: "shared/launchers/two/backend.ts", to: "shared/adapters/leaf.ts" },
  { rule: "backend-is-loaded-on-first-use", from: "shared/launchers/direct/index.ts", to: "shared/launchers/direct/backend.ts" },
  { rule: "registry-imports-indexes", from: "shared/launchers/registry.ts", to: "shared/launchers/direct/backend.ts" },
  { rule: "wrapper-imports-node-only", from: "shared/launchers/local/wrapper.ts", to: "shared/core/leaf.ts" },
  { rule: "wrapper-imports-node-only", from: "shared/launchers/local/wrapper-files.ts", to: sdk("zod") },
  { rule: "adapters-know-no-launcher-or-function", from: "shared/adapters/knows-launcher.ts", to: "shared/launchers/direct/backend.ts" },
  { rule: "functions-reach-adapters-through-compose", from: "functions/dispatch.ts", to: "shared/adapters/leaf.ts" },
  { rule: "functions-load-no-sdk", from: "functions/sweep.ts", to: sdk("@aws-sdk/client-sqs"), statement: DYNAMIC },
  { rule: "rare-services-are-loaded-on-first-use", from: "shared/adapters/eager.ts", to: sdk("@aws-sdk/client-s3") },
  { rule: "product-knows-no-test", from: "shared/core/knows-test.ts", to: "test/leaf.ts" },
];

/** What looks much like a violation, and is none. */
export const ALLOWED: readonly PlantedImport[] = [
  { from: "shared/core/hashes.ts", to: "crypto" },
  { from: "shared/core/knows-core.ts", to: "shared/core/leaf.ts" },
  { from: "shared/schema/validates.ts", to: sdk("zod") },
  { from: "shared/launchers/typed/plan.ts", to: sdk("@aws-sdk/client-sqs"), statement: TYPE_ONLY },
  { from: "shared/launchers/lazy/index.ts", to: "shared/launchers/lazy/backend.ts", statement: DYNAMIC },
  { from: "shared/launchers/lazy/backend.ts", to: sdk("@aws-sdk/client-sqs") },
  { from: "shared/launchers/local/wrapper-spec.ts", to: "fs" },
  { from: "shared/adapters/on-first-use.ts", to: sdk("@aws-sdk/client-s3"), statement: DYNAMIC },
  { from: "functions/compose.ts", to: "shared/adapters/leaf.ts" },
  { from: "bench/against-doubles.ts", to: "test/leaf.ts" },
  { from: "functions/webhook.ts", to: "shared/adapters/leaf.ts", statement: TYPE_ONLY },
];

const LEAVES = [
  "shared/core/leaf.ts",
  "shared/schema/leaf.ts",
  "shared/adapters/leaf.ts",
  "shared/launchers/direct/backend.ts",
  "test/leaf.ts",
];

/** A circle is reported once. */
const OTHER_HALF: PlantedImport = { from: "shared/core/circle-b.ts", to: "shared/core/circle-a.ts" };

/** Writes the tree. */
export async function plant(root: string): Promise<void> {
  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
  };
  const imports = [...VIOLATIONS, ...ALLOWED, OTHER_HALF];
  const modules = new Set(imports.flatMap(({ to }) => (to.startsWith("node_modules/") ? [to] : [])));
  await write(
    "package.json",
    JSON.stringify({ name: "planted", type: "module", dependencies: Object.fromEntries([...modules].map((to) => [packageOf(to), "*"])) }),
  );
  for (const to of modules) {
    await write(to, "export const value = 1;\n");
    await write(
      join(dirname(to), "package.json"),
      JSON.stringify({ name: packageOf(to), version: "1.0.0", type: "module", exports: "./index.js" }),
    );
  }
  for (const leaf of LEAVES) await write(leaf, "export const value = 1;\n");
  for (const { from, to, statement = "import { value } from $;\nexport const copy = value;" } of imports) {
    await write(from, `${statement.replace("$", JSON.stringify(specifier(from, to)))}\nexport const own = 2;\n`);
  }
}

function specifier(from: string, to: string): string {
  if (to.startsWith("node_modules/")) return packageOf(to);
  if (to.startsWith("./")) return to;
  if (!to.includes("/")) return `node:${to}`;
  const path = relative(dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
}

function packageOf(to: string): string {
  return dirname(to).slice("node_modules/".length);
}
