/** A dispatcher of its own process: `dispatcher.ts STATE_FOLDER RUN_ID SCRIPT` submits, prints the outcome, and has nothing more to do. */
import { runKey } from "../../../shared/core/identity.ts";
import { connectLocal } from "../../../shared/launchers/local/backend.ts";
import { memorySharedNames } from "../../support/shared-names.ts";

const [, , stateFolder = "", id = "", text = ""] = process.argv;
const target = {
  name: "here",
  type: "local",
  labels: [],
  env: {},
  enforcedEnv: {},
  secrets: {},
  tags: {},
  startTimeoutSeconds: 900,
  fallback: [],
  relaunch: 2,
  settings: {},
};
const backend = await connectLocal(target, {
  environment: { PATH: process.env["PATH"] },
  stateFolder,
  isFunction: false,
  sleep: () => Promise.resolve(),
  shared: memorySharedNames(),
  secret: () => Promise.reject(new Error("local targets have no secrets")),
  now: () => Date.now(),
  observed: () => {},
  roomFor: () => {},
});
const input = { command: "/bin/sh", args: ["-c", text], cwd: ".", env: {} };
const launch = { deployment: "test", id, key: runKey(id), attempt: 1, planDigest: "digest", signal: new AbortController().signal };
const outcome = await backend.submit({ calls: [{ api: "local:spawn", input }] }, launch);
process.stdout.write(`${JSON.stringify(outcome)}\n`);
