import { didYouMean } from "../../shared/core/suggest.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { JSON_SCHEMAS, jsonSchema } from "../../shared/schema/json-schema.ts";
import { CommandFailure } from "./failure.ts";

/** `slipway schema DOCUMENT`: its JSON Schema, for editors and other programs. */
export function schema(document: string): void {
  const known = JSON_SCHEMAS.find((name) => name === document);
  if (known === undefined) {
    throw new CommandFailure(
      `schema: there is none of that name${didYouMean(document, JSON_SCHEMAS)}; there are ${JSON_SCHEMAS.join(", ")}`,
      2,
    );
  }
  console.log(JSON.stringify(jsonSchema(known, launchers), undefined, 2));
}
