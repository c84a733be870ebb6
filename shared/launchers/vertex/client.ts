/** The official client of one region's job service, over REST, with calls that can be cut off and say whether they left. */
import { AsyncLocalStorage } from "node:async_hooks";
import { JobServiceClient } from "@google-cloud/aiplatform/build/src/v1/job_service_client.js";
import type { Services } from "../../core/launcher.ts";
import { type GoogleAuthorization, googleAuthorization } from "../../google/authorization.ts";
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

interface CallState {
  readonly signal: AbortSignal;
  sent: boolean;
}

type Options = NonNullable<ConstructorParameters<typeof JobServiceClient>[0]>;

/** A client for a target's region, or for the target's own endpoint. */
export async function jobService(
  settings: VertexSettings,
  services: Services,
  carry: Fetch = (url, init) => fetch(url, init),
): Promise<JobService> {
  const authorization = await googleAuthorization(settings.credentials, services);
  const states = new AsyncLocalStorage<CallState>();
  const auth = authFor(authorization, states, carry);
  const client = new JobServiceClient({ ...addressOf(settings), fallback: true, auth: auth as unknown as NonNullable<Options["auth"]> });
  return {
    async call(make, signal) {
      const silence = AbortSignal.timeout(SILENCE_MILLISECONDS);
      const state: CallState = { signal: signal === undefined ? silence : AbortSignal.any([signal, silence]), sent: false };
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

/** What the client takes for its authentication carries its requests as well: so a call can be cut off, and is known to have left. */
function authFor(authorization: GoogleAuthorization, states: AsyncLocalStorage<CallState>, carry: Fetch) {
  return {
    getRequestHeaders: (url: string) => authorization.headers(url),
    async fetch(url: string, { method, headers, body }: { method: string; headers: Headers; body?: string }): Promise<Response> {
      const state = states.getStore() ?? { signal: AbortSignal.timeout(SILENCE_MILLISECONDS), sent: false };
      const token = await cutOff(authorization.headers(url), state.signal);
      for (const [name, value] of token) headers.set(name, value);
      state.signal.throwIfAborted();
      state.sent = true;
      return carry(url, { method, headers, signal: state.signal, ...(body === undefined ? {} : { body }) });
    },
  };
}

function cutOff<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: end, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, end]).finally(() => signal.removeEventListener("abort", abort));
}
