/** `npm run bench`: all that is measured, or what is named: `npm run bench -- ecs 1000`. Each is a file of this folder, run by itself. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const PARTS_OF_OTHERS = ["run.ts", "measure.ts"];
const folder = import.meta.dirname;
const all = readdirSync(folder)
  .filter((name) => name.endsWith(".ts") && !PARTS_OF_OTHERS.includes(name))
  .map((name) => name.slice(0, -".ts".length));

const [named, ...rest] = process.argv.slice(2);
if (named !== undefined && !existsSync(join(folder, `${named}.ts`))) {
  console.error(`there is no bench named ${named}; there are ${all.join(", ")}`);
  process.exitCode = 2;
} else {
  const failed = (named === undefined ? all : [named]).filter((name) => {
    console.log(`\n# ${name}`);
    return spawnSync(process.execPath, [join(folder, `${name}.ts`), ...rest], { stdio: "inherit" }).status !== 0;
  });
  if (failed.length > 0) {
    console.error(`failed: ${failed.join(", ")}`);
    process.exitCode = 1;
  }
}
