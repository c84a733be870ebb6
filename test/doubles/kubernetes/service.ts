/** The API server of one cluster, without a socket: requests in, answers out. */
import type { JsonObject } from "../../../shared/core/json.ts";
import { refusalOf, withDefaults } from "./admission.ts";
import { discovered } from "./discovery.ts";
import type { PodLife } from "./life.ts";
import { matches, readToken, tokenOf } from "./lists.ts";
import { type KubernetesDoubleOptions, REFUSALS, type RefusalName } from "./options.ts";
import { type JobRecord, type Standing, standingOf } from "./record.ts";
import { eventView, hasSucceeded, jobView, podView } from "./views.ts";
import { answered, type Call, callOf, type DoubleAnswer, type DoubleRequest, notFound, refused } from "./wire.ts";

/** A Job as tests look at it: also one that is gone. */
export interface SeenJob {
  readonly namespace: string;
  readonly name: string;
  readonly body: JsonObject;
  readonly annotations: Readonly<Record<string, string>>;
  readonly standing: Standing;
  /** Whether its command came, or will come, to a good end. */
  readonly succeeded: boolean;
  readonly deleted?: { readonly policy: "Foreground" | "Background" };
  readonly gone: boolean;
}

/** The cluster, and what a test can do to it. */
export interface KubernetesService {
  handle(request: DoubleRequest): Promise<DoubleAnswer>;
  /** Every Job that was ever made, in order. */
  jobs(): readonly SeenJob[];
  /** The next call of a verb is refused so; with `always`, every one until `allow`. */
  refuse(call: string, refusal: RefusalName, always?: boolean): void;
  allow(): void;
  /** A Job's command ends now. */
  finish(name: string, exitCode: number): void;
  /** A Job is gone without a trace. */
  vanish(name: string): void;
  /** Makes a Job as somebody else would. */
  make(job: JsonObject, namespace?: string, life?: PodLife): void;
  /** `create jobs`, `list pods`, … in order, with their answers. */
  readonly calls: readonly { readonly call: string; readonly status: number; readonly body: string }[];
}

export function kubernetesService(options: KubernetesDoubleOptions = {}): KubernetesService {
  const { clock = Date, tokens, namespaces = ["default"], listLagMs = 0, pageLifeMs = 300_000, mostPerPage = 500 } = options;
  const records: JobRecord[] = [];
  const calls: { call: string; status: number; body: string }[] = [];
  const refusals = new Map<string, { readonly name: RefusalName; readonly always: boolean }>();
  let versions = 0;
  const now = () => clock.now();
  const isThere = (record: JobRecord, at = now()) => record.createdAt <= at && standingOf(record, at).goneAt > at;
  const found = (namespace: string, name: string) =>
    records.find((one) => one.namespace === namespace && one.name === name && isThere(one));

  function keep(job: JsonObject, namespace: string, life: PodLife): JobRecord {
    const createdAt = now();
    const version = ++versions;
    const uid = `00000000-0000-4000-8000-${String(version).padStart(12, "0")}`;
    const name = String((job["metadata"] as JsonObject)["name"]);
    const record: JobRecord = {
      namespace,
      name,
      uid,
      job: withDefaults(job, uid, version, createdAt, namespace),
      life,
      createdAt,
      version,
    };
    records.push(record);
    return record;
  }

  function podNamed(name: string) {
    for (const record of records) {
      const pod = isThere(record) ? podView(record, now()) : undefined;
      if ((pod?.["metadata"] as JsonObject | undefined)?.["name"] === name) return { record, pod };
    }
    return undefined;
  }

  function lifeOf(name: string): PodLife {
    const { life = {} } = options;
    return typeof life === "function" ? life(name) : life;
  }

  function create({ namespace, query }: Call, body: string): DoubleAnswer {
    if (!namespaces.includes(namespace)) return refused(notFound("namespaces", namespace));
    const refusal = refusalOf(body, namespace, query.get("fieldValidation") === "Strict");
    if (refusal !== undefined) return refused(refusal);
    const job = JSON.parse(body) as JsonObject;
    const name = String((job["metadata"] as JsonObject)["name"]);
    if (found(namespace, name) !== undefined) {
      return refused({
        code: 409,
        reason: "AlreadyExists",
        message: `jobs.batch "${name}" already exists`,
        details: { name, group: "batch", kind: "jobs" },
      });
    }
    return answered(201, jobView(keep(job, namespace, lifeOf(name)), now()));
  }

  function list({ namespace, resource, query }: Call): DoubleAnswer {
    const [limit, more] = [Number(query.get("limit") ?? 0), query.get("continue")];
    const token = more === null ? { version: versions, from: 0, at: now() } : readToken(more);
    if (token === undefined) return refused({ code: 400, reason: "BadRequest", message: "continue key is not valid" });
    if (more !== null && now() - token.at > pageLifeMs) {
      return refused({
        code: 410,
        reason: "Expired",
        message: "The provided continue parameter is too old to display a consistent list result.",
      });
    }
    const shown = records.filter(
      (record) =>
        record.namespace === namespace && record.version <= token.version && record.createdAt <= now() - listLagMs && isThere(record),
    );
    const views = shown
      .map((record) => (resource === "jobs" ? jobView(record, now()) : podView(record, now())))
      .filter((view): view is JsonObject => view !== undefined);
    const wanted = views.filter(({ metadata }) =>
      matches(query.get("labelSelector") ?? "", ((metadata as JsonObject)["labels"] ?? {}) as JsonObject),
    );
    const page = Math.min(limit === 0 ? mostPerPage : limit, mostPerPage);
    const items = wanted.slice(token.from, token.from + page);
    const left = wanted.length - token.from - items.length;
    const position = left > 0 ? { continue: tokenOf({ ...token, from: token.from + page }), remainingItemCount: left } : {};
    const [apiVersion, kind] = resource === "jobs" ? ["batch/v1", "JobList"] : ["v1", "PodList"];
    return answered(200, { kind, apiVersion, metadata: { resourceVersion: String(token.version), ...position }, items });
  }

  function remove({ namespace, name, query }: Call, body: string): DoubleAnswer {
    const record = found(namespace, name);
    if (record === undefined) return refused(notFound("jobs", name));
    const { propagationPolicy = query.get("propagationPolicy") ?? "Background", preconditions = {} } = (
      body === "" ? {} : JSON.parse(body)
    ) as {
      propagationPolicy?: string;
      preconditions?: { uid?: string };
    };
    if (preconditions.uid !== undefined && preconditions.uid !== record.uid) {
      return refused({
        code: 409,
        reason: "Conflict",
        message: `Operation cannot be fulfilled on jobs.batch "${name}": Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${record.uid}`,
        details: { name, group: "batch", kind: "jobs" },
      });
    }
    // A second deletion changes nothing of the first.
    record.deleted ??= { at: now(), policy: propagationPolicy === "Foreground" ? "Foreground" : "Background" };
    return answered(
      200,
      propagationPolicy === "Foreground" ? jobView(record, now()) : { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" },
    );
  }

  function respond(call: Call, body: string): DoubleAnswer {
    switch (`${call.verb} ${call.resource}`) {
      case "create jobs":
        return create(call, body);
      case "list jobs":
      case "list pods":
        return list(call);
      case "list events": {
        const uid = /involvedObject\.uid=([^,]*)/.exec(call.query.get("fieldSelector") ?? "")?.[1];
        const items = records.filter((record) => record.uid === uid && isThere(record)).flatMap((record) => eventView(record) ?? []);
        return answered(200, { kind: "EventList", apiVersion: "v1", metadata: {}, items });
      }
      case "get jobs": {
        const record = found(call.namespace, call.name);
        return record === undefined ? refused(notFound("jobs", call.name)) : answered(200, jobView(record, now()));
      }
      case "delete jobs":
        return remove(call, body);
      case "get pods": {
        const pod = podNamed(call.name)?.pod;
        return pod === undefined ? refused(notFound("pods", call.name)) : answered(200, pod);
      }
      case "get pods/log": {
        const log = podNamed(call.name)?.record.life.log ?? "";
        if (podNamed(call.name) === undefined) return refused(notFound("pods", call.name));
        return { status: 200, headers: { "content-type": "text/plain" }, body: tail(log, Number(call.query.get("tailLines"))) };
      }
      default:
        return refused({
          code: 405,
          reason: "MethodNotAllowed",
          message: "the server does not allow this method on the requested resource",
        });
    }
  }

  function judged(request: DoubleRequest): DoubleAnswer {
    const token = /^Bearer (.+)$/.exec(request.headers["authorization"] ?? "")?.[1];
    if (tokens !== undefined && !tokens.includes(token ?? ""))
      return refused({ code: 401, reason: "Unauthorized", message: "Unauthorized" });
    const call = callOf(request);
    if (call === undefined)
      return discovered(request) ?? { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found\n" };
    const kind = `${call.verb} ${call.resource}`;
    const refusal = refusals.get(kind);
    if (refusal !== undefined) {
      if (!refusal.always) refusals.delete(kind);
      // A policy's words are its own, and may repeat all that it was shown.
      const inText = JSON.stringify(request.body).slice(1, -1);
      const text = JSON.stringify(REFUSALS[refusal.name])
        .replaceAll("QUOTED", JSON.stringify(inText).slice(1, -1))
        .replaceAll("BODY", inText)
        .replaceAll("NAME", call.name || "job");
      return refused(JSON.parse(text));
    }
    return respond(call, request.body);
  }

  const named = (name: string): JobRecord => {
    const record = records.findLast((one) => one.name === name && isThere(one));
    if (record === undefined) throw new Error(`no Job ${name}`);
    return record;
  };

  return {
    calls,
    async handle(request) {
      const answer = judged(request);
      const call = callOf(request);
      if (call !== undefined) calls.push({ call: `${call.verb} ${call.resource}`, status: answer.status, body: request.body });
      return answer;
    },
    jobs: () =>
      records.map((record) => ({
        namespace: record.namespace,
        name: record.name,
        body: record.job,
        annotations: ((record.job["metadata"] as JsonObject)["annotations"] ?? {}) as Readonly<Record<string, string>>,
        standing: standingOf(record, now()),
        succeeded: hasSucceeded(record.life, standingOf(record, now())),
        ...(record.deleted === undefined ? {} : { deleted: { policy: record.deleted.policy } }),
        gone: !isThere(record),
      })),
    refuse: (call, name, always = false) => void refusals.set(call, { name, always }),
    allow: () => refusals.clear(),
    finish(name, exitCode) {
      named(name).told = { at: now(), exitCode };
    },
    vanish(name) {
      named(name).vanished = true;
    },
    make: (job, namespace = "default", life = {}) => void keep(job, namespace, life),
  };
}

function tail(text: string, lines: number): string {
  return Number.isInteger(lines) && lines > 0 ? text.split("\n").slice(-lines).join("\n") : text;
}
