import { describe, expect, test } from "vitest";
import { isObject, type Json, type JsonObject } from "../../shared/core/json.ts";
import { launchers } from "../../shared/launchers/registry.ts";
import { JSON_SCHEMAS, jsonSchema } from "../../shared/schema/json-schema.ts";
import { runConfigTypes } from "../../shared/schema/run-config/index.ts";

/** Every field of a schema, by path, with its own schema. */
function fieldsOf(schema: Json, path: string): readonly (readonly [string, JsonObject])[] {
  if (Array.isArray(schema)) return schema.flatMap((member: Json, index) => fieldsOf(member, `${path}/${index}`));
  if (!isObject(schema)) return [];
  const { properties, ...rest } = schema;
  const own = isObject(properties)
    ? Object.entries(properties).map(([name, field]) => [`${path}/${name}`, field as JsonObject] as const)
    : [];
  return [
    ...own,
    ...own.flatMap(([name, field]) => fieldsOf(field, name)),
    ...Object.entries(rest).flatMap(([name, value]) => fieldsOf(value, `${path}/${name}`)),
  ];
}

describe.each(JSON_SCHEMAS)("the JSON Schema %s", (name) => {
  const schema = jsonSchema(name, launchers);

  test("is of draft 2020-12 and has a title", () => {
    expect(schema).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema", title: expect.any(String) });
  });

  test("describes every field", () => {
    const fields = fieldsOf(schema, "");
    expect(fields.length).toBeGreaterThan(10);
    expect(
      fields.filter(([, field]) => typeof field["description"] !== "string" || field["description"] === "").map(([path]) => path),
    ).toEqual([]);
  });

  test("can be printed as JSON", () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});

test("the run config's schema lists the six types, each closed to unknown fields and with its type alone required", () => {
  const alternatives = jsonSchema("run-config", launchers)["oneOf"] as readonly JsonObject[];
  expect(alternatives.map(({ properties }) => (properties as JsonObject)["type"])).toMatchObject(
    runConfigTypes.map((type) => ({ const: type })),
  );
  for (const alternative of alternatives) expect(alternative).toMatchObject({ additionalProperties: false, required: ["type"] });
});

test("the request's schema requires the run config alone", () => {
  expect(jsonSchema("run-request", launchers)).toMatchObject({ required: ["run_config"], additionalProperties: false });
});

test("the configuration's schema has a target of each launcher, with its own fields", () => {
  const { properties } = jsonSchema("config", launchers);
  const { items } = (properties as JsonObject)["targets"] as JsonObject;
  const types = ((items as JsonObject)["oneOf"] as readonly JsonObject[]).map(
    (target) => ((target["properties"] as JsonObject)["type"] as JsonObject)["const"],
  );
  expect(types).toEqual(Object.keys(launchers));
});
