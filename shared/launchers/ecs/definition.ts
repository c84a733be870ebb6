/** The task definition of a run: the template with the run's image, the same from run to run. */
import { Refusal } from "../../core/errors.ts";
import { digestOf } from "../../core/identity.ts";
import { byCodePoint, type Json, type JsonObject } from "../../core/json.ts";
import { withoutNulls } from "../../core/merge.ts";
import { FLOW, objectsAt, sizeAt, textAt } from "./documents.ts";
import { familyOf, slug } from "./naming.ts";
import { cpuUnits, memoryMib } from "./sizes.ts";

/** What a target or run config without any definition gets. */
const DEFAULT_TEMPLATE: JsonObject = { networkMode: "awsvpc", cpu: "1024", memory: "2048" };

/** Where a template came from, for error paths and for what the run may not bring. */
export interface Template {
  readonly document: JsonObject;
  readonly origin: "run" | "target" | "default";
  readonly path: string;
}

/** The first of them that says anything: an empty object counts as not given. Chosen, never merged. */
export function chosenTemplate(candidates: readonly (Template | undefined)[]): Template {
  const given = candidates.find((candidate) => candidate !== undefined && Object.keys(candidate.document).length > 0);
  const template = given ?? { document: DEFAULT_TEMPLATE, origin: "default", path: "task_definition" };
  return { ...template, document: withoutNulls(template.document) };
}

/** The container `flow` of a template, wherever it stands. */
export function flowContainer(template: Template): JsonObject | undefined {
  return objectsAt(template.document, "containerDefinitions", `${template.path}.containerDefinitions`).find(({ name }) => name === FLOW);
}

/** What is put into the template. */
export interface DefinitionParts {
  readonly image: string;
  readonly entrypoint?: readonly string[];
  readonly executionRoleArn?: string;
  readonly requiresCompatibilities?: readonly string[];
  /** Variable name → reference that ECS resolves. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Variables that go into the definition: a value, or null for one of the template's that is taken away. */
  readonly environment: Readonly<Record<string, string | null>>;
  readonly flowName?: string;
}

/** The RegisterTaskDefinition input. Its family ends in a hash of its content, so equal contents meet in one definition. */
export function definitionOf(template: Template, parts: DefinitionParts): JsonObject {
  const { family, executionRoleArn, requiresCompatibilities, cpu, memory, ...rest } = template.document;
  const path = `${template.path}.containerDefinitions`;
  const containers = objectsAt(template.document, "containerDefinitions", path);
  const flow = flowOf(containers.find(({ name }) => name === FLOW) ?? { name: FLOW }, parts, path);
  const all = containers.some(({ name }) => name === FLOW)
    ? replaceFirst(containers, flow)
    : [...containers, flow];
  const role = executionRoleArn ?? parts.executionRoleArn;
  const compatibilities = requiresCompatibilities ?? parts.requiresCompatibilities;
  const content: JsonObject = {
    ...rest,
    containerDefinitions: all,
    ...(role === undefined ? {} : { executionRoleArn: role }),
    ...(compatibilities === undefined ? {} : { requiresCompatibilities: compatibilities }),
    ...sizesOf({ cpu, memory }, template.path),
  };
  const base = textAt({ ...(family === undefined ? {} : { family }) }, "family", `${template.path}.family`);
  return { family: familyOf(base ?? slug(parts.flowName ?? ""), digestOf(content)), ...content };
}

function replaceFirst(containers: readonly JsonObject[], flow: JsonObject): readonly JsonObject[] {
  const index = containers.findIndex(({ name }) => name === FLOW);
  return containers.map((container, at) => (at === index ? flow : container));
}

function flowOf(container: JsonObject, parts: DefinitionParts, path: string): JsonObject {
  const { environment: _environment, secrets: _secrets, ...rest } = container;
  const own = Object.entries(parts.environment);
  const kept = objectsAt(container, "environment", `${path}.environment`).filter(({ name }) => !own.some(([other]) => other === name));
  const added = own.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
  const environment = [...kept, ...added.sort((a, b) => byCodePoint(a.name, b.name))];
  const secrets = [
    ...objectsAt(container, "secrets", `${path}.secrets`).filter(({ name }) => parts.secrets[String(name)] === undefined),
    ...Object.entries(parts.secrets).map(([name, reference]) => ({ name, valueFrom: valueFrom(name, reference) })),
  ];
  return {
    ...rest,
    image: parts.image,
    ...(parts.entrypoint === undefined ? {} : { entryPoint: parts.entrypoint }),
    ...(environment.length === 0 ? {} : { environment }),
    ...(secrets.length === 0 ? {} : { secrets }),
  };
}

/** A reference as ECS resolves it: an ARN, or the name of a parameter in the task's own region. */
function valueFrom(name: string, reference: string): string {
  const [, scheme, rest = ""] = /^(secretsmanager|ssm):(.+)$/s.exec(reference) ?? [];
  const value = scheme === undefined ? reference : rest;
  if (/^arn:aws[a-z-]*:(secretsmanager|ssm):/.test(value) || scheme === "ssm") return value;
  throw new Refusal("INVALID_CONFIGURATION", {
    path: `secrets.${name}`,
    message: "ECS resolves the ARN of a secret (secretsmanager:arn:aws:secretsmanager:…) or a parameter (ssm:/name)",
  });
}

function sizesOf(sizes: { readonly cpu?: Json | undefined; readonly memory?: Json | undefined }, path: string): JsonObject {
  const cpu = sizeAt(sizes.cpu, cpuUnits, `${path}.cpu`);
  const memory = sizeAt(sizes.memory, memoryMib, `${path}.memory`);
  return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
}
