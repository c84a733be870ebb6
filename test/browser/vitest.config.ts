import { defineConfig } from "vitest/config";

/** Where `.ci/run` wants the counts. */
const report = process.env["SLIPWAY_TEST_REPORT"];

/** Needs `chromium` on the path (Debian: chromium), so it is no part of `npm test`. */
export default defineConfig({
  test: {
    include: ["test/browser/*.check.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: report === undefined ? ["default"] : ["default", "json"],
    ...(report === undefined ? {} : { outputFile: { json: report } }),
  },
});
