import { defineConfig } from "vitest/config";

/** Where `.ci/run` wants the counts. */
const report = process.env["SLIPWAY_TEST_REPORT"];

/** Tests before a real Docker daemon and a real SSH server, which they start and end themselves: one file after the other. */
export default defineConfig({
  test: {
    include: ["test/engine/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    fileParallelism: false,
    reporters: report === undefined ? ["default"] : ["default", "json"],
    ...(report === undefined ? {} : { outputFile: { json: report } }),
  },
});
