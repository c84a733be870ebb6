/** POST /plan: what a request would launch. What the operator put into environments stays hidden: who may submit may not read it. */
import { Refusal, StateUnavailable, TemplateUnavailable } from "../../shared/core/errors.ts";
import { isList, isObject, type Json, type JsonObject } from "../../shared/core/json.ts";
import { prepare } from "../../shared/core/prepare.ts";
import type { Environment, RunRequest } from "../../shared/core/run.ts";
import type { Target } from "../../shared/core/target.ts";
import { decodeMessage } from "../../shared/schema/message.ts";
import type { Composition } from "../compose.ts";
import type { Sender } from "./authenticate.ts";
import { offeredId } from "./message-ids.ts";

/** Stands for a value that is not told. */
const HIDDEN = "(hidden)";

/** Routes and plans a request, for its sender's targets. Throws `Refusal`. */
export async function planRequest({ context: { planning } }: Composition, sender: Sender, headers: Headers, body: Uint8Array) {
  const message = decodeMessage(body, { messageId: offeredId(headers).id });
  if (message.kind !== "request") {
    throw new Refusal("INVALID_MESSAGE", { path: "", message: `expected a run request, not a ${message.kind} message` });
  }
  const { configuration } = planning;
  // Hidden before the plan is made: a value that is compared with the request's own could be guessed.
  const masked = { ...planning, configuration: { ...configuration, targets: configuration.targets.map(withoutValues) } };
  const { target, launcher, plan } = await prepare(masked, message.request, 1, sender.targets).catch((error: unknown) => {
    if (error instanceof TemplateUnavailable) throw new StateUnavailable(error.message, { cause: error });
    throw error;
  });
  const calls = plan.calls.map(({ api, input }) => ({ api, input: hidden(input, ownOf(message.request)) }));
  return { id: message.request.id, target: target.name, launcher: launcher.type, calls };
}

function withoutValues(target: Target): Target {
  return { ...target, env: masked(target.env), enforcedEnv: masked(target.enforcedEnv) };
}

function masked(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value === null ? null : HIDDEN]));
}

/** Whether a variable's value is the request's own, or made of the request. */
type IsOwn = (name: string, value: Json) => boolean;

function ownOf({ runConfig: { env } }: RunRequest): IsOwn {
  return (name, value) => {
    const own = Object.hasOwn(env, name) ? env[name] : undefined;
    return name.startsWith("SLIPWAY_") || name === "TRACEPARENT" || (own !== undefined && own !== null && String(own) === String(value));
  };
}

/** The calls' input with the values of all environments hidden but the request's own: a template's are the operator's too. */
function hidden(value: Json, isOwn: IsOwn): Json {
  if (isList(value)) return value.map((element) => hidden(element, isOwn));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, ENVIRONMENTS.test(name) ? hiddenEnvironment(inner, isOwn) : hidden(inner, isOwn)]),
  );
}

/** What the services call an environment: a list of names with values, of `NAME=value`, or a map. */
const ENVIRONMENTS = /^env(?:ironment)?$/i;

function hiddenEnvironment(environment: Json, isOwn: IsOwn): Json {
  const shown = (name: string, value: Json) => (isOwn(name, value) ? value : HIDDEN);
  if (isObject(environment)) {
    return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value === null ? null : shown(name, value)]));
  }
  if (!isList(environment)) return HIDDEN;
  return environment.map((entry) => {
    if (typeof entry === "string") {
      const [name = "", ...value] = entry.split("=");
      return `${name}=${shown(name, value.join("="))}`;
    }
    return isObject(entry) ? hiddenEntry(entry, shown) : HIDDEN;
  });
}

function hiddenEntry(entry: JsonObject, shown: (name: string, value: Json) => Json): JsonObject {
  const { name, value } = entry;
  return value === undefined ? entry : { ...entry, value: shown(String(name), value) };
}
