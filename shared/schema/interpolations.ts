import * as z from "zod/mini";
import { INTERPOLATIONS, unknownInterpolations } from "../core/interpolate.ts";
import { late } from "../core/late.ts";
import { didYouMean } from "../core/suggest.ts";
import { environmentOf } from "./environment.ts";
import { text } from "./fields.ts";

const KNOWN = INTERPOLATIONS.map((name) => `\${${name}}`).join(", ");

/** Text of a target in which `${…}` is filled in for each run. The unknown name is not repeated: it may be part of a secret. */
export const operatorText = late(() =>
  text().check(
    z.check(({ value, issues }) => {
      const [unknown] = unknownInterpolations(value);
      if (unknown === undefined) return;
      const nearest = didYouMean(unknown, INTERPOLATIONS);
      issues.push({
        code: "custom",
        input: value,
        message: `holds a \${…} that names nothing known${nearest}; known are ${KNOWN}; $$ stands for a dollar`,
      });
    }),
  ),
);

/** A target's variables. */
export const operatorEnvironment = late(() => environmentOf(operatorText()));
