import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import type { DevStack } from "./dev-stack.ts";
import { tableReader } from "./table-reader.ts";

/** Short leases, so that what a killed dispatcher held is soon free; the protocol is the same. */
export const SHORT_TIMING = "timing: {deadline_seconds: 4, lease_slack_seconds: 1, visibility_seconds: 5, wait_scale: 0.02}";

/** A run that writes its id into the file, in one append. */
export function appending(id: string, file: string): object {
  return { id, command: ["/bin/sh", "-c", `echo ${id} >> ${file}`], run_config: { type: "LocalRun" } };
}

/** Each id stands in the file once, and each record says that it succeeded. */
export async function expectOnceEach(
  ids: readonly string[],
  file: string,
  runs: readonly Record<string, unknown>[],
  told: string,
): Promise<void> {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  const odd = runs.filter((run) => run["state"] !== "SUCCEEDED" || lines.filter((line) => line === run["id"]).length !== 1);
  expect(odd, `each succeeded, and ran once (${told})`).toEqual([]);
  expect(lines.toSorted()).toEqual([...ids].toSorted());
}

/** Resolves when all of them have ended. */
export async function finished(ids: readonly string[], running: DevStack, endpoint?: string): Promise<void> {
  const { endpoints, table } = await running.stackFile();
  const reader = tableReader(endpoint ?? endpoints.dynamodb, table);
  const open = async () => {
    const runs = await reader.runs();
    const over = new Set(runs.filter((run) => run["ended_at"] !== undefined).map((run) => run["id"]));
    return { left: ids.filter((id) => !over.has(id)), runs };
  };
  const look = async () => ((await open()).left.length === 0 ? true : undefined);
  await reader.until(look, 40, async () => {
    const { left, runs } = await open();
    return `not ended: ${JSON.stringify(left.map((id) => runs.find((run) => run["id"] === id) ?? id))}`;
  });
}
