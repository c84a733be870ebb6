import * as z from "zod/mini";
import { late } from "../../core/late.ts";
import type { DockerRun } from "../../core/run.ts";
import { optionalField, passedThrough, text } from "../fields.ts";
import { found } from "../found.ts";
import { commonFields, fromDocument, runConfigSchema, typeField } from "./common.ts";

const EXPECTED = "expected a port: an integer from 1 to 65535";
const PORT = /^0*(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/;

/** JSON has no integers: 8080.0 is 8080 once it is parsed. */
const port = late(() =>
  z.pipe(
    z.union([z.int(EXPECTED).check(z.gte(1, EXPECTED), z.lte(65535, EXPECTED)), z.string().check(z.regex(PORT, EXPECTED))], {
      error: ({ input }) => `${EXPECTED}, found ${found(input)}`,
    }),
    z.transform(Number),
  ),
);

/** DockerRun. */
export const dockerRun = runConfigSchema<DockerRun>("DockerRun", () => {
  const document = z.strictObject({
    type: typeField("DockerRun", "Runs as a container on a Docker host."),
    image: optionalField("Image of the container.", text()),
    ports: optionalField("Ports that the container exposes.", z.array(port())),
    host_config: optionalField("The container's HostConfig, in docker-py's names or the Engine API's.", passedThrough()),
    ...commonFields(),
  });
  return {
    fields: Object.keys(document.shape),
    schema: z.pipe(
      document,
      z.transform((parsed): DockerRun => fromDocument(parsed)),
    ),
  };
});
