/** The job service that the template launcher is for: a small HTTP service with idempotency keys, and faults on demand. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A job as it is kept. */
export interface ServiceJob {
  readonly name: string;
  readonly runId: string;
  readonly idempotencyKey: string | undefined;
  readonly env: Readonly<Record<string, string | null>>;
  readonly startedAt: number;
  endedAt: number | undefined;
  exitCode: number | undefined;
  stopped: boolean;
}

/** What the next call of a site meets. */
export type CallFate =
  | { readonly kind: "lost"; readonly applied: boolean }
  | { readonly kind: "answered"; readonly status: number; readonly code: string }
  | { readonly kind: "held"; readonly reached: () => void; readonly until: Promise<void>; readonly applied: () => void };

/** The sites: making a job, looking at jobs, stopping one, going through all, removing one. */
export type Site = "create" | "look" | "stop" | "list" | "remove";

/** What it does with every call while it is out of order. */
export type Outage = "5xx" | "hang" | "reset";

/** Jobs in one page of a list. */
const PAGE = 10;

/** The running service. */
export interface TemplateService {
  readonly endpoint: string;
  readonly token: string;
  /** Every job that was made, in order; one that vanished stays in this list. */
  readonly made: readonly ServiceJob[];
  job(name: string): ServiceJob | undefined;
  add(job: Pick<ServiceJob, "name" | "runId">, endedAt?: number): ServiceJob;
  forget(name: string): void;
  outage(kind: Outage | undefined): void;
  next(site: Site, fate: CallFate): void;
  /** Nobody listens until it listens again. */
  unreachable(): Promise<void>;
  reachable(): Promise<void>;
  close(): Promise<void>;
}

export async function templateService(token: string): Promise<TemplateService> {
  const jobs = new Map<string, ServiceJob>();
  const made: ServiceJob[] = [];
  const fates = new Map<Site, CallFate[]>();
  let outage: Outage | undefined;
  const server = createServer((request, response) => void serve(request, response));
  await listen(0);
  const { port } = server.address() as AddressInfo;

  function listen(at: number): Promise<void> {
    return new Promise((resolve) => server.listen(at, "127.0.0.1", resolve));
  }

  function close(): Promise<void> {
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  function keep(job: ServiceJob): ServiceJob {
    jobs.set(job.name, job);
    made.push(job);
    return job;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += chunk;
    const site = siteOf(request);
    if (outage === "hang") return;
    if (outage === "reset") return void response.destroy();
    if (outage === "5xx") return void response.writeHead(503, { connection: "close" }).end("<html>Service Unavailable</html>");
    const fate = fates.get(site)?.shift();
    // Without keep-alive a call meets the service as it is now, not as it was when a connection was made.
    const answer = (status: number, body: object) =>
      void response
        .writeHead(status, { connection: "close", "content-type": "application/json", ...(status === 429 ? { "retry-after": "1" } : {}) })
        .end(JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${token}`) return answer(401, { code: "UNAUTHENTICATED", message: "unknown token" });
    if (fate?.kind === "answered") {
      // Like many services, it repeats what it was sent.
      return answer(fate.status, { code: fate.code, message: `cannot take ${text}` });
    }
    if (fate?.kind === "held") {
      fate.reached();
      await fate.until;
    }
    const [status, body] = fate?.kind === "lost" && !fate.applied ? [0, {}] : respond(site, request, text);
    if (fate?.kind === "held") fate.applied();
    if (fate?.kind === "lost") response.destroy();
    else answer(status, body);
  }

  function respond(site: Site, request: IncomingMessage, text: string): readonly [number, object] {
    const url = new URL(request.url ?? "", "http://service");
    if (site === "look") {
      const names = (url.searchParams.get("names") ?? "").split(",");
      // In the order of the service's own making, and without those that it does not know.
      return [200, { jobs: [...jobs.values()].filter(({ name }) => names.includes(name)).map(shown) }];
    }
    if (site === "list") {
      const prefix = url.searchParams.get("prefix") ?? "";
      const after = Number(url.searchParams.get("after") ?? 0);
      const all = [...jobs.values()].filter(({ name }) => name.startsWith(prefix));
      const next = after + PAGE;
      return [200, { jobs: all.slice(after, next).map(shown), ...(next < all.length ? { after: next } : {}) }];
    }
    if (site === "remove") {
      const job = jobs.get(decodeURIComponent(url.pathname.split("/")[2] ?? ""));
      if (job === undefined) return [404, { code: "NOT_FOUND" }];
      if (url.searchParams.get("ended") === "true" && job.endedAt === undefined) return [409, { code: "RUNNING" }];
      jobs.delete(job.name);
      return [200, shown(job)];
    }
    if (site === "stop") {
      const job = jobs.get(decodeURIComponent(url.pathname.split("/")[2] ?? ""));
      if (job === undefined) return [404, { code: "NOT_FOUND" }];
      if (job.endedAt !== undefined) return [410, { code: "ENDED" }];
      Object.assign(job, { stopped: true, endedAt: Date.now(), exitCode: 143 });
      return [200, shown(job)];
    }
    const { name, run_id: runId, env }: { name: string; run_id: string; env: ServiceJob["env"] } = JSON.parse(text);
    const key = request.headers["idempotency-key"]?.toString();
    const known = jobs.get(name);
    if (known !== undefined && known.idempotencyKey === key && key !== undefined) return [200, shown(known)];
    if (known !== undefined) return [409, { code: "NAME_TAKEN", message: `there is a job ${name}` }];
    return [201, shown(keep({ name, runId, idempotencyKey: key, env, startedAt: Date.now(), ...RUNNING }))];
  }

  return {
    endpoint: `http://127.0.0.1:${port}`,
    token,
    made,
    job: (name) => jobs.get(name),
    add: ({ name, runId }, endedAt) =>
      keep({ name, runId, idempotencyKey: "somebody's", env: {}, startedAt: Date.now(), ...RUNNING, endedAt }),
    forget: (name) => void jobs.delete(name),
    outage(kind) {
      outage = kind;
    },
    next: (site, fate) => void fates.set(site, [...(fates.get(site) ?? []), fate]),
    unreachable: close,
    reachable: () => listen(port),
    close,
  };
}

function siteOf({ method, url = "" }: IncomingMessage): Site {
  if (method === "GET") return url.startsWith("/jobs?prefix=") ? "list" : "look";
  if (method === "DELETE") return "remove";
  return url === "/jobs" ? "create" : "stop";
}

const RUNNING = { endedAt: undefined, exitCode: undefined, stopped: false };

function shown(job: ServiceJob): object {
  return {
    name: job.name,
    run_id: job.runId,
    state: job.endedAt === undefined ? "running" : "ended",
    started_at: job.startedAt,
    ended_at: job.endedAt ?? null,
    exit_code: job.exitCode ?? null,
    stopped: job.stopped,
  };
}
