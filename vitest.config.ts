import { defineConfig } from "vitest/config";

/** Where `.ci/run` wants the counts. */
const report = process.env["SLIPWAY_TEST_REPORT"];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // They need programs that are not everywhere: `npm run test:engine`.
    exclude: ["test/engine/**"],
    // Clouds' libraries look for a metadata server of the machine that they run on: no test asks anything but this machine.
    env: { AWS_EC2_METADATA_DISABLED: "true", METADATA_SERVER_DETECTION: "none" },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Some files mostly wait for processes of their own: one more than the cores of the smallest machine.
    maxWorkers: 3,
    reporters: report === undefined ? ["default"] : ["default", "json"],
    ...(report === undefined ? {} : { outputFile: { json: report } }),
  },
});
