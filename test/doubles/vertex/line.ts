/** The line to the double, without a socket: what carries a launcher's requests, and what happens to them on the way. */
import { answer, operationOf, type RestRequest } from "./rest.ts";
import type { VertexService } from "./service.ts";

/** What becomes of the next call of an operation. */
export type LineFault = "never sent" | "lost before" | "lost after";

/** A call that is kept on its way. */
export interface HeldCall {
  readonly reached: Promise<void>;
  release(): Promise<void>;
}

/** A line that can be cut. */
export interface Line {
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** The next call of the operation, or of one of several ("GetCustomJob or ListCustomJobs"). */
  fault(operations: string, fault: LineFault): void;
  hold(operation: string): HeldCall;
  /** From now on nothing is answered as it should be; undefined ends that. */
  outage(kind: string | undefined): void;
}

const HTML = { status: 503, headers: { "content-type": "text/html" } };

export function lineTo(service: VertexService): Line {
  const faults: [string, LineFault][] = [];
  const holding: {
    readonly operation: string;
    readonly reached: () => void;
    readonly until: Promise<void>;
    readonly applied: () => void;
  }[] = [];
  let out: string | undefined;

  async function carried(request: RestRequest): Promise<Response> {
    const operation = operationOf(request) ?? "";
    if (out === "5xx") return new Response("<html><title>502 Bad Gateway</title></html>", HTML);
    if (out === "not JSON") return new Response("upstream connect error", { status: 200 });
    if (out === "reset") throw failed("ECONNRESET");
    if (out === "hang") return new Promise<never>(() => {});
    const index = faults.findIndex(([of]) => of.split(" or ").includes(operation));
    const [, fault] = (index < 0 ? undefined : faults.splice(index, 1)[0]) ?? [];
    if (fault === "never sent") throw failed("ECONNREFUSED");
    if (fault === "lost before") throw failed("UND_ERR_SOCKET");
    const at = holding.findIndex((each) => each.operation === operation);
    const [held] = at < 0 ? [] : holding.splice(at, 1);
    held?.reached();
    await held?.until;
    const { status, body } = answer(service, request);
    held?.applied();
    if (fault === "lost after") throw failed("UND_ERR_SOCKET");
    return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json; charset=UTF-8" } });
  }

  return {
    fetch(url, { method = "GET", headers, body, signal }) {
      const authorization = new Headers(headers).get("authorization") ?? "";
      const { pathname, search } = new URL(url);
      const { promise: cut, reject } = Promise.withResolvers<never>();
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      return Promise.race([carried({ method, url: `${pathname}${search}`, authorization, body: String(body ?? "") }), cut]);
    },
    fault: (operations, fault) => void faults.push([operations, fault]),
    hold(operation) {
      const [reached, until, applied] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      holding.push({ operation, reached: reached.resolve, until: until.promise, applied: applied.resolve });
      return {
        reached: reached.promise,
        release() {
          until.resolve();
          return applied.promise;
        },
      };
    },
    outage(kind) {
      out = kind;
    },
  };
}

/** As the global `fetch` fails: the reason is the cause. */
function failed(code: string): TypeError {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
}
