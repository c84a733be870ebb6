/** Another process that plans: `plan-process.ts MODULE EXPORT` reads samples from standard input and prints their calls. */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Launcher } from "../../shared/core/launcher.ts";
import type { Subject } from "./subject.ts";

const [, , path = "", name = ""] = process.argv;
const definition: Launcher = (await import(pathToFileURL(path).href))[name];
const samples: Subject["samples"] = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(samples.map(({ run, target }) => JSON.stringify(definition.plan(run, target).calls))));
