/** The HTTP interface, the same behind API Gateway, functions-framework and the embedded stack. It has no right at any target. */
import { type Context, Hono } from "hono";
import { isTerminal } from "../../shared/core/run-state.ts";
import { type Composition, fallbackLog } from "../compose.ts";
import { bearer, type Call, isSigned, type Sender, type SignIn, signer } from "./authenticate.ts";
import { readBody } from "./body.ts";
import { failedSignIns } from "./failed-sign-ins.ts";
import { keyrings } from "./keyring.ts";
import { openApi } from "./openapi.ts";
import { planRequest } from "./plan.ts";
import { HttpProblem, problemOf, problemResponse } from "./problem.ts";
import { listRuns, listTargets, showRun } from "./reads.ts";
import { cancelRun, type Submitted, submit } from "./submit.ts";

/** What a platform hands on with a request: for it to find the client's address in. */
type Bindings = Readonly<Record<string, unknown>>;

interface Env {
  Bindings: Bindings;
  Variables: { sender?: Sender; facts?: object; startedAt: number };
}

/** Makes the application. `addressOf` finds the client's network address; where it can't be said, all are counted as one. */
export function httpApp(compose: () => Promise<Composition>, addressOf: (bindings: Bindings) => string | undefined): Hono<Env> {
  const app = new Hono<Env>();
  const known = keyrings();
  const failures = failedSignIns();
  const callOf = (c: Context<Env>): Call => ({ request: c.req.raw, address: addressOf(c.env ?? {}) ?? "unknown" });
  const signIn = async (): Promise<SignIn> => ({ composed: await compose().catch(notComposed), keyrings: known, failures });
  const signedIn = async (c: Context<Env>, right: "read" | "submit" | "cancel") => {
    const signingIn = await signIn();
    const sender = await bearer(callOf(c), right, signingIn);
    c.set("sender", sender);
    return { composed: signingIn.composed, sender };
  };

  app.use(async (c, next) => {
    c.set("startedAt", performance.now());
    await next();
    await logged(c, compose);
  });

  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/openapi.json", (c) => c.json(openApi()));
  app.get("/", () => page("index.html"));
  app.get("/console/:file", (c) => page(c.req.param("file")));

  app.post("/runs", async (c) => {
    const call = callOf(c);
    const signingIn = await signIn();
    const { sender, body } = isSigned(call.request)
      ? await signer(call, signingIn)
      : { sender: await bearer(call, "submit", signingIn), body: undefined };
    c.set("sender", sender);
    return answered(c, await submit(signingIn.composed, sender, call.request.headers, body ?? (await readBody(call.request))));
  });
  app.post("/plan", async (c) => {
    const { composed, sender } = await signedIn(c, "submit");
    return c.json(await planRequest(composed, sender, c.req.raw.headers, await readBody(c.req.raw)));
  });
  app.get("/runs", async (c) => {
    const { composed, sender } = await signedIn(c, "read");
    return c.json(await listRuns(composed, sender, new URL(c.req.url).searchParams));
  });
  app.post("/runs/:id{.+}/cancel", async (c) => {
    const { composed, sender } = await signedIn(c, "cancel");
    const taken = await cancelRun(composed, sender, c.req.param("id"));
    return answered(c, taken, taken.state !== undefined && isTerminal(taken.state) ? 200 : 202);
  });
  app.get("/runs/:id{.+}", async (c) => {
    const { composed, sender } = await signedIn(c, "read");
    return c.json(await showRun(composed, sender, c.req.param("id")));
  });
  app.get("/targets", async (c) => {
    const { composed, sender } = await signedIn(c, "read");
    return c.json(listTargets(composed, sender));
  });

  app.notFound((c) => {
    const allow = METHODS.find(([path]) => path.test(c.req.path))?.[1];
    if (allow === undefined) return problemResponse(problemOf(new HttpProblem("NOT_FOUND", "there is nothing at this path")));
    const detail = `this path takes ${allow}`;
    return problemResponse(problemOf(new HttpProblem("METHOD_NOT_ALLOWED", detail, { headers: { allow } })));
  });
  app.onError((error, c) => {
    const problem = problemOf(error);
    const because = error.cause instanceof Error ? { because: error.cause.message } : {};
    c.set("facts", { code: problem.code, ...(problem.status >= 500 ? { error: error.name, text: error.message, ...because } : {}) });
    return problemResponse(problem);
  });
  return app;
}

/** What is wrong with the configuration is the operator's to know: the log has it. */
function notComposed(cause: unknown): never {
  throw new HttpProblem("INTERNAL", "the function is not configured as it should be", { cause });
}

const METHODS: readonly (readonly [RegExp, string])[] = [
  [/^\/runs\/?$/, "GET and POST"],
  [/^\/runs\/.+\/cancel$/, "POST"],
  [/^\/runs\/.+$/, "GET"],
  [/^\/plan$/, "POST"],
  [/^\/(?:targets|healthz|openapi\.json|console\/[^/]+)?$/, "GET"],
];

/** Few ask for the page: it is loaded when they do. */
async function page(file: string): Promise<Response> {
  const { pageFile } = await import("../console/page.ts");
  return pageFile(file) ?? problemResponse(problemOf(new HttpProblem("NOT_FOUND", "the page has no such file")));
}

/** What came of it, and where the run can be looked at. */
function answered(c: Context<Env>, { id, state, known, idFrom, unwoken }: Submitted, status: 200 | 202 = 202): Response {
  c.set("facts", { id, state, known, ...(unwoken instanceof Error ? { unwoken: unwoken.message } : {}) });
  const answer = { id, state: state ?? null, known, ...(idFrom === undefined ? {} : { id_from: idFrom }) };
  return c.json(answer, status, { location: `/runs/${encodeURIComponent(id)}` });
}

/** One event for each call of somebody who is known, and for each that failed for a reason of ours. Rubbish must not fill the log. */
async function logged(c: Context<Env>, compose: () => Promise<Composition>): Promise<void> {
  const { sender, facts, startedAt } = c.var;
  const { status } = c.res;
  if (sender === undefined && status < 500) return;
  const { log } = await compose().catch(() => ({ log: fallbackLog() }));
  const call = { method: c.req.method, path: c.req.routePath, status, sender: sender?.name, ...facts };
  log[status >= 500 ? "error" : "info"]({ ...call, milliseconds: Math.round(performance.now() - startedAt) }, "http");
}
