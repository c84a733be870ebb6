/** The official client of one region's job service, over REST, with calls that can be cut off and say whether they left. */
import { AsyncLocalStorage } from "node:async_hooks";
import { JobServiceClient } from "@google-cloud/aiplatform/build/src/v1/job_service_client.js";
import type { Services } from "../../core/launcher.ts";
import { type GoogleAuthorization, googleAuthorization } from "../../google/authorization.ts";
import { Answered } from "./answered.ts";
import type { VertexSettings } from "./target.ts";

/** A call that may be silent for so long, in milliseconds, before it counts as unanswered. */
const SILENCE_MILLISECONDS = 20_000;

/** Carries a request; the global one, but for tests. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A job service that is called through `call`. */
export interface JobService {
  /** Makes one call of the client. Rejects with what the client throws, wrapped in `FailedCall`. */
  call<Result>(make: (client: JobServiceClient) => Promise<Result>, signal?: AbortSignal): Promise<Result>;
}

/** A call that failed, and whether its request may have left this machine. */
export class FailedCall extends Error {
  override readonly name = "FailedCall";
  readonly sent: boolean;

  constructor(sent: boolean, cause: unknown) {
    super("a call of the job service failed", { cause });
    this.sent = sent;
  }
}

/** A call on its way through the client: whose it is, and what carries it. */
interface CallState {
  readonly authorization: GoogleAuthorization;
  readonly carry: Fetch;
  readonly signal: AbortSignal;
  sent: boolean;
}

const states = new AsyncLocalStorage<CallState>();

type Options = NonNullable<ConstructorParameters<typeof JobServiceClient>[0]>;

/** By address. To make a client takes far longer than a call, and all that is one target's own comes with its calls. */
const clients = new Map<string, JobServiceClient>();

/** The job service of a target's region, or at the target's own endpoint. */
export async function jobService(
  settings: VertexSettings,
  services: Services,
  carry: Fetch = (url, init) => fetch(url, init),
  authorize: (credentials: VertexSettings["credentials"], services: Services) => Promise<GoogleAuthorization> = googleAuthorization,
): Promise<JobService> {
  const authorization = await authorize(settings.credentials, services);
  const address = addressOf(settings);
  const at = JSON.stringify(address);
  const client =
    clients.get(at) ?? new JobServiceClient({ ...address, fallback: true, auth: AUTH as unknown as NonNullable<Options["auth"]> });
  clients.set(at, client);
  return {
    async call(make, signal) {
      const silence = AbortSignal.timeout(SILENCE_MILLISECONDS);
      const state = { authorization, carry, signal: signal === undefined ? silence : AbortSignal.any([signal, silence]), sent: false };
      try {
        return await states.run(state, () => make(client));
      } catch (cause) {
        throw new FailedCall(state.sent, cause);
      }
    },
  };
}

/** The regional address: a job is made, listed and stopped in its own region only. */
function addressOf({ region, endpoint }: VertexSettings): Options {
  if (endpoint === undefined) return { apiEndpoint: `${region}-aiplatform.googleapis.com` };
  const { protocol, hostname, port } = new URL(endpoint);
  const secure = protocol === "https:";
  return { apiEndpoint: hostname, port: port === "" ? (secure ? 443 : 80) : Number(port), protocol: secure ? "https" : "http" };
}

function current(): CallState {
  const state = states.getStore();
  if (state === undefined) throw new Error("the client was called by itself");
  return state;
}

/** What the client takes for its authentication carries its requests as well: so a call can be cut off, and is known to have left. */
const AUTH = {
  getRequestHeaders: (url: string) => current().authorization.headers(url),
  async fetch(url: string, { method, headers, body }: { method: string; headers: Headers; body?: string }): Promise<Response> {
    const state = current();
    const token = await cutOff(state.authorization.headers(url), state.signal);
    for (const [name, value] of token) headers.set(name, value);
    state.signal.throwIfAborted();
    state.sent = true;
    const response = await state.carry(url, { method, headers, signal: state.signal, ...(body === undefined ? {} : { body }) });
    if (response.ok) return response;
    // The client would take a tenth of a second to read an error's details, and keep from us when to come again.
    throw new Answered(response.status, await response.text(), response.headers.get("retry-after"));
  },
};

function cutOff<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: end, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, end]).finally(() => signal.removeEventListener("abort", abort));
}
