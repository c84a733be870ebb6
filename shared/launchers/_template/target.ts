import * as z from "zod/mini";

/** What only a template target has, parsed. */
export interface TemplateSettings {
  /** Base URL of the service, without a slash at its end. */
  readonly endpoint: string;
  /** Reference of the secret that the service knows us by. */
  readonly token: string;
}

/** The fields that only a template target has, as the configuration document writes them. */
export const templateFields = {
  endpoint: z.string().check(z.regex(/^https?:\/\/[^/]+$/, "expected a URL without a path"), z.describe("Base URL of the job service.")),
  token: z.string().check(z.describe("Reference of the secret that the job service knows the dispatcher by.")),
};
