/** A Vertex backend of the real client before the double, over a socket. */
import { generateKeyPairSync } from "node:crypto";
import { planDigestOf } from "../../../shared/core/identity.ts";
import type { Backend, Launch, Services } from "../../../shared/core/launcher.ts";
import type { PlannedRun } from "../../../shared/core/run.ts";
import type { Target } from "../../../shared/core/target.ts";
import { connectVertex } from "../../../shared/launchers/vertex/backend.ts";
import { planVertex, type VertexPlan } from "../../../shared/launchers/vertex/plan.ts";
import type { VertexSettings } from "../../../shared/launchers/vertex/target.ts";
import { servicesFor } from "../../contract/services.ts";
import { serveRest } from "../../doubles/vertex/rest.ts";
import { type VertexOptions, type VertexService, vertexService } from "../../doubles/vertex/service.ts";
import { type TargetParts, vertexTarget } from "./support.ts";

/** A service account's document, whose key signs its own tokens: no token service is asked. */
export const SERVICE_ACCOUNT = JSON.stringify({
  type: "service_account",
  client_email: "dispatcher@p.iam.gserviceaccount.com",
  private_key: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }),
});

/** A double that listens, and backends before it. */
export interface VertexWorld {
  readonly service: VertexService;
  readonly target: Target<VertexSettings>;
  connect(over?: Partial<Services>): Promise<Backend<VertexPlan>>;
  close(): Promise<void>;
}

/** Opens a world. `parts` are of its target. */
export async function openVertex(options: Partial<VertexOptions> = {}, parts: TargetParts = {}): Promise<VertexWorld> {
  const service = vertexService({ now: Date.now, ...options });
  const { url, close } = await serveRest(service);
  const credentials = { kind: "secret", reference: "env:KEY" } as const;
  const target = vertexTarget({ ...parts, settings: { endpoint: url, credentials, ...parts.settings } });
  const connect = (over: Partial<Services> = {}) =>
    connectVertex(target, servicesFor({ secret: async () => SERVICE_ACCOUNT, ...over }).services);
  return { service, target, connect, close };
}

/** A run's plan on a target, and whose launch it is. */
export function prepared(
  run: PlannedRun,
  target: Target<VertexSettings>,
  signal = new AbortController().signal,
): readonly [plan: VertexPlan, launch: Launch] {
  const plan = planVertex(run, target);
  const { deployment, key, attempt } = run;
  return [plan, { deployment, id: run.request.id, key, attempt, planDigest: planDigestOf(plan), signal }];
}
