/** POST /runs: a request, in whatever it is wrapped, becomes a run; or a cancel is noted. */
import { acceptCancel, acceptRequest, type Taken } from "../../shared/core/accept.ts";
import { expiresAt } from "../../shared/core/context.ts";
import { Refusal } from "../../shared/core/errors.ts";
import { decodeMessage } from "../../shared/schema/message.ts";
import type { Composition } from "../compose.ts";
import { pointed, type WholeMessage } from "../pointed.ts";
import type { Sender } from "./authenticate.ts";
import { type IdSource, type OfferedId, offeredId } from "./message-ids.ts";
import { HttpProblem } from "./problem.ts";

/** What came of a call. */
export interface Submitted extends Taken {
  /** Where the id came from; absent for a cancel. */
  readonly idFrom?: IdSource;
}

/** Takes a body in. Throws `Refusal` and `HttpProblem`. */
export async function submit(composed: Composition, sender: Sender, headers: Headers, body: Uint8Array): Promise<Submitted> {
  const offered = offeredId(headers);
  const message = await pointed(composed, decodeMessage(body, { messageId: offered.id }));
  switch (message.kind) {
    case "request":
      return submitRequest(composed, sender, offered, message);
    case "cancel":
      return cancelRun(composed, sender, message.id);
    case "wake":
      throw new Refusal("INVALID_MESSAGE", { path: "run", message: "runs are woken over the queue; expected a run request" }, message.id);
    default: {
      const unhandled: never = message;
      return unhandled;
    }
  }
}

/** Whatever they are written as, every client takes them for steps of the path, and asks for another. */
const NO_ADDRESS: ReadonlySet<string> = new Set([".", ".."]);

type RequestMessage = Extract<WholeMessage, { readonly kind: "request" }>;

async function submitRequest(composed: Composition, sender: Sender, offered: OfferedId, message: RequestMessage): Promise<Submitted> {
  const { context } = composed;
  const { id } = message.request;
  if (NO_ADDRESS.has(id)) {
    throw new Refusal(
      "INVALID_REQUEST",
      { path: "id", message: `"${id}" can't end an address: the run could not be looked at over HTTP` },
      id,
    );
  }
  if (sender.kind === "webhook") await useOnce(composed, sender, offered.id, message);
  const taken = await acceptRequest(context, { ...message, ...(sender.targets === undefined ? {} : { senderTargets: sender.targets }) });
  return { ...taken, idFrom: sourceOf(message, offered) };
}

/** A captured delivery can be sent again with another wrapping or other headers around it: its id stands for one run only. */
async function useOnce({ context, usedIds }: Composition, { name }: Sender, webhookId: string, message: RequestMessage): Promise<void> {
  const { request, digest } = message;
  const use = { run: request.id, digest };
  const first = await usedIds.use(name, webhookId, use, expiresAt(context, context.clock.now()));
  if (first.run === use.run && first.digest === use.digest) return;
  const detail = `webhook-id "${webhookId}" was used for the run "${first.run}", with another content or id`;
  throw new Refusal("ID_REUSED", { path: "webhook-id", message: detail }, request.id);
}

function sourceOf({ document, request }: RequestMessage, offered: OfferedId): IdSource {
  if (typeof document["id"] === "string") return "request";
  return request.id === offered.id ? offered.from : "wrapping";
}

/** Notes a cancel. Throws NOT_PERMITTED and NOT_FOUND. */
export async function cancelRun({ context }: Composition, sender: Sender, id: string): Promise<Taken> {
  if (!sender.may.includes("cancel")) throw new HttpProblem("NOT_PERMITTED", `"${sender.name}" may not cancel runs`);
  const taken = await acceptCancel(context, id, sender.targets);
  if (taken === undefined) throw new HttpProblem("NOT_FOUND", `no run that "${sender.name}" may use has this id`, { path: "id" });
  return taken;
}
