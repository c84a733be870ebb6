import middy from "@middy/core";
import { handle, type LambdaEvent } from "hono/aws-lambda";
import { type Composition, composition } from "./compose.ts";
import { httpApp } from "./http/app.ts";
import { errorEvent } from "./middleware/error-event.ts";

/** What the gateway is answered. */
type Answer = Awaited<ReturnType<ReturnType<typeof handle>>>;

/** Handler for API Gateway's HTTP API (payload 2.0), and the same of function URLs. */
export function webhookHandler(compose: () => Promise<Composition>) {
  const app = handle(httpApp(compose, sourceAddress));
  return middy<LambdaEvent, Answer>()
    .use(errorEvent("webhook failed", compose))
    .handler((event, lambda) => app(event, lambda));
}

/** The Lambda function. */
export const handler = webhookHandler(composition);

/** The address that the gateway saw: headers say what a client likes. */
function sourceAddress({ requestContext }: Readonly<Record<string, unknown>>): string | undefined {
  const { http } = (requestContext ?? {}) as { readonly http?: { readonly sourceIp?: string } };
  return http?.sourceIp;
}
