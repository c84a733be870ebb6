import { defineConfig } from "vitest/config";

/** Where `.ci/run` wants the counts. */
const report = process.env["SLIPWAY_TEST_REPORT"];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Many tests start processes of their own: more files at once would starve each other on two cores.
    maxWorkers: 2,
    reporters: report === undefined ? ["default"] : ["default", "json"],
    ...(report === undefined ? {} : { outputFile: { json: report } }),
  },
});
