/**
 * The fields of a CustomJob that a run config may bring, as the protos of the official client have them. Started by itself
 * (`node test/launchers/vertex/fields-of-protos.ts && npm run format`) it writes them where `plan` finds them, so that planning
 * loads neither the client nor its four megabytes of protos.
 */
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { FieldShape, MessageFields } from "../../../shared/launchers/vertex/shapes.ts";

interface ProtoField {
  readonly type: string;
  readonly rule?: "repeated";
}

/** A node of the protos: a package, a message or an enum. */
interface ProtoNode {
  readonly fields?: Readonly<Record<string, ProtoField>>;
  readonly values?: Readonly<Record<string, number>>;
  readonly nested?: Readonly<Record<string, ProtoNode>>;
}

const PACKAGE = ["google", "cloud", "aiplatform", "v1"];
const SCALARS = ["string", "bool", "int32", "int64"] as const;
const OUTPUT = "shared/launchers/vertex/fields.ts";

function at(node: ProtoNode, path: readonly string[]): ProtoNode {
  return path.reduce((above, name) => above.nested?.[name] ?? fail(`the protos have no ${path.join(".")}`), node);
}

function fail(message: string): never {
  throw new Error(message);
}

/** The fields of a message, by the names of the client. */
function fieldsOf(v1: ProtoNode, name: string): MessageFields {
  const message = at(v1, [name]);
  const fields = Object.entries(message.fields ?? fail(`${name} is no message`));
  return Object.fromEntries(
    fields.map(([field, { type, rule }]): [string, FieldShape] => {
      const shape = shapeOf(v1, message, type);
      return [field, rule === "repeated" ? [shape] : shape];
    }),
  );
}

function shapeOf(v1: ProtoNode, message: ProtoNode, type: string): FieldShape {
  const scalar = SCALARS.find((known) => known === type);
  if (scalar !== undefined) return scalar;
  if (type === "google.protobuf.Duration") return "duration";
  const named = message.nested?.[type] ?? at(v1, [type]);
  return named.values === undefined ? { fields: fieldsOf(v1, type) } : { oneOf: Object.keys(named.values) };
}

/** The tables as the installed client's protos say them. */
export function fieldsOfProtos(): { readonly WORKER_POOL: MessageFields; readonly SCHEDULING: MessageFields } {
  const protos = createRequire(import.meta.url)("@google-cloud/aiplatform/build/protos/protos.json") as ProtoNode;
  const v1 = at(protos, PACKAGE);
  return { WORKER_POOL: fieldsOf(v1, "WorkerPoolSpec"), SCHEDULING: fieldsOf(v1, "Scheduling") };
}

if (import.meta.main) {
  const tables = Object.entries(fieldsOfProtos()).map(
    ([name, fields]) =>
      `/** ${name === "SCHEDULING" ? "Scheduling" : "WorkerPoolSpec"}. */\nexport const ${name}: MessageFields = ${JSON.stringify(fields, null, 2)};\n`,
  );
  const head = `/** Written by test/launchers/vertex/fields-of-protos.ts from the official client's protos; not edited by hand. */\nimport type { MessageFields } from "./shapes.ts";\n`;
  await writeFile(OUTPUT, [head, ...tables].join("\n"));
}
