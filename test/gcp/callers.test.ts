/** Whose calls the functions on Google Cloud take, before anything of them is read. */
import type { HttpFunction } from "@google-cloud/functions-framework";
import { expect, test } from "vitest";
import type { Composition } from "../../functions/compose.ts";
import { calledByGoogle } from "../../functions/gcp-http.ts";

const called = (callers: Composition["callers"], authorization?: string) =>
  calledByGoogle(
    { ...(callers === undefined ? {} : { callers }) } as Composition,
    { header: () => authorization } as unknown as Parameters<HttpFunction>[0],
  );

test.each<[string, Composition["callers"], string | undefined, 401 | 403 | "welcome"]>([
  ["where nobody is named nobody may call, whatever the token", undefined, "Bearer any.token.at-all", 403],
  ["one that is named may", async () => true, "Bearer a.b.c", "welcome"],
  ["another may not", async () => false, "Bearer a.b.c", 403],
  ["without a token nobody is asked", async () => true, undefined, 401],
  ["nor with what is none", async () => true, "Bearer a b", 401],
])("%s", async (_rule, callers, authorization, verdict) => {
  expect(await called(callers, authorization)).toBe(verdict);
});
