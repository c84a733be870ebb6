/**
 * Google's Secret Manager, as far as a version is accessed: its REST interface, errors by `google.rpc.Status`.
 * Documented: the path, base64 in `payload.data`, FAILED_PRECONDITION (400) for a version that is disabled or destroyed.
 */
import { type HttpDouble, startHttpDouble } from "../../support/http-double.ts";

/** What the next call gets in place of its answer. */
export type GoogleFault = { readonly status: number; readonly name: string } | "silent";

export interface GoogleSecretsDouble extends HttpDouble {
  readonly port: number;
  /** By the version's whole name, `projects/P/secrets/S/versions/V`. */
  readonly versions: Map<string, Buffer | "disabled">;
  readonly faults: GoogleFault[];
  readonly calls: string[];
}

export async function startGoogleSecretsDouble(): Promise<GoogleSecretsDouble> {
  const versions: GoogleSecretsDouble["versions"] = new Map();
  const faults: GoogleFault[] = [];
  const calls: string[] = [];
  const server = await startHttpDouble((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://google");
    const [, name = ""] = /^\/v1\/(.+):access$/.exec(pathname) ?? [];
    calls.push(`access ${name}`);
    const give = (status: number, body: object) =>
      void response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    const fail = (code: number, status: string) => give(code, { error: { code, status, message: "the-service-said" } });
    const fault = faults.shift();
    if (fault === "silent") return;
    if (fault !== undefined) return fail(fault.status, fault.name);
    if (request.headers.authorization === undefined) return fail(401, "UNAUTHENTICATED");
    const data = versions.get(name);
    if (data === undefined) return fail(404, "NOT_FOUND");
    if (data === "disabled") return fail(400, "FAILED_PRECONDITION");
    give(200, { name, payload: { data: data.toString("base64") } });
  });
  return { ...server, port: Number(new URL(server.endpoint).port), versions, faults, calls };
}
