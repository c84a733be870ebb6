import { defineConfig } from "vitest/config";

/** Where `.ci/run` wants the counts. */
const report = process.env["SLIPWAY_TEST_REPORT"];

/** Needs `kubectl` on the path (Debian: kubernetes-client), so it is no part of `npm test`. */
export default defineConfig({
  test: {
    include: ["test/kubectl/*.check.ts"],
    testTimeout: 60_000,
    reporters: report === undefined ? ["default"] : ["default", "json"],
    ...(report === undefined ? {} : { outputFile: { json: report } }),
  },
});
