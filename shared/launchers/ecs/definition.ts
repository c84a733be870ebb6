/** The task definition of a run: the template with the run's image, the same from run to run. */
import { digestOf } from "../../core/identity.ts";
import { byCodeUnit, type Json, type JsonObject } from "../../core/json.ts";
import { withoutNulls } from "../../core/merge.ts";
import type { Target } from "../../core/target.ts";
import { FLOW, objectsAt, refusalAt, sizeAt, textAt, variablesAt } from "./documents.ts";
import { needOfExecutionRole } from "./execution-role.ts";
import { familyOf, slug } from "./naming.ts";
import { REFERENCE_EXPECTED, resolvable } from "./references.ts";
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
  readonly target: Target;
  readonly onFargate: boolean;
  readonly entrypoint?: readonly string[];
  readonly executionRoleArn?: string;
  /** The role that `run_task_kwargs` has, taken where one is needed and nobody else says one. */
  readonly lastExecutionRoleArn?: string;
  readonly requiresCompatibilities?: readonly string[];
  /** Every variable of the run: its value where it goes into the definition, null where the template's is taken away. */
  readonly variables: Readonly<Record<string, string | null | undefined>>;
  readonly flowName?: string;
}

/** On every definition of ours: the whole digest of its content, of which the family has the beginning only. */
const CONTENT_TAG = "slipway:content";
const MOST_TAGS = 50;

/** The RegisterTaskDefinition input. Its family ends in a hash of its content, so equal contents meet in one definition. */
export function definitionOf(template: Template, parts: DefinitionParts): JsonObject {
  const { family, executionRoleArn, requiresCompatibilities, cpu, memory, ...rest } = template.document;
  const path = `${template.path}.containerDefinitions`;
  const containers = containersWithFlow(objectsAt(template.document, "containerDefinitions", path), parts, path);
  const needed = needOfExecutionRole(containers, parts.onFargate) === undefined ? undefined : parts.lastExecutionRoleArn;
  const role = executionRoleArn ?? parts.executionRoleArn ?? needed;
  const compatibilities = requiresCompatibilities ?? parts.requiresCompatibilities;
  const content: JsonObject = {
    ...rest,
    containerDefinitions: containers,
    ...(role === undefined ? {} : { executionRoleArn: role }),
    ...(compatibilities === undefined ? {} : { requiresCompatibilities: compatibilities }),
    ...sizesOf({ cpu, memory }, template.path),
  };
  const base = textAt(template.document, "family", `${template.path}.family`);
  const digest = digestOf(content);
  const tags = objectsAt(template.document, "tags", `${template.path}.tags`).filter(({ key }) => key !== CONTENT_TAG);
  // Without room for it a registration that was cut off is made again instead of found.
  const marked = tags.length < MOST_TAGS ? { tags: [...tags, { key: CONTENT_TAG, value: digest }] } : {};
  return { family: familyOf(base ?? slug(parts.flowName ?? ""), digest), ...content, ...marked };
}

/** Whether tags as ECS shows them are those of a definition of this content. */
export function isMarkedAs(
  tags: readonly { readonly key?: string | undefined; readonly value?: string | undefined }[],
  definition: JsonObject,
): boolean {
  const digest = contentTag(definition);
  return digest !== undefined && tags.some(({ key, value }) => key === CONTENT_TAG && value === digest);
}

/** The digest that a definition of ours is marked with. */
export function contentTag(definition: JsonObject): string | undefined {
  return textOf(objectsAt(definition, "tags", "tags").find(({ key }) => key === CONTENT_TAG)?.["value"]);
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The container `flow` stays where it stands, or comes last. */
function containersWithFlow(containers: readonly JsonObject[], parts: DefinitionParts, path: string): readonly JsonObject[] {
  const index = containers.findIndex(({ name }) => name === FLOW);
  if (index < 0) return [...containers, flowOf({ name: FLOW }, parts, path)];
  return containers.map((container, at) => (at === index ? flowOf(container, parts, `${path}[${index}]`) : container));
}

function flowOf(container: JsonObject, parts: DefinitionParts, path: string): JsonObject {
  const { environment: _environment, secrets: _secrets, ...rest } = container;
  const { variables, target } = parts;
  // ECS takes a name as a variable or as a secret: what is set higher up takes the template's place.
  const kept = variablesAt(container, path).filter(
    ({ name }) => !Object.hasOwn(target.secrets, name) && (!Object.hasOwn(variables, name) || variables[name] === undefined),
  );
  const moved = Object.entries(variables).flatMap(([name, value]) => (typeof value === "string" ? [{ name, value }] : []));
  const environment = [
    ...kept.map(({ name, value }) =>
      value === null ? { name } : { name, value: typeof value === "string" ? value : JSON.stringify(value) },
    ),
    ...moved.sort((a, b) => byCodeUnit(a.name, b.name)),
  ];
  const secrets = [
    ...objectsAt(container, "secrets", `${path}.secrets`).filter(
      ({ name }) => !Object.hasOwn(variables, String(name)) && !Object.hasOwn(target.secrets, String(name)),
    ),
    ...Object.entries(target.secrets)
      .sort(([a], [b]) => byCodeUnit(a, b))
      .map(([name, reference]) => ({ name, valueFrom: valueFrom(reference, `targets.${target.name}.secrets.${name}`) })),
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
function valueFrom(reference: string, path: string): string {
  const value = resolvable(reference);
  if (value === undefined) throw refusalAt(path, REFERENCE_EXPECTED);
  return value;
}

function sizesOf(sizes: { readonly cpu?: Json | undefined; readonly memory?: Json | undefined }, path: string): JsonObject {
  const cpu = sizeAt(sizes.cpu, cpuUnits, `${path}.cpu`);
  const memory = sizeAt(sizes.memory, memoryMib, `${path}.memory`);
  return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
}
