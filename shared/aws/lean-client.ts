/**
 * SDK clients without what the SDK does anew for each call though it comes out the same each time: a quarter of a call's CPU. The parts
 * go by the SDK's own names; where a release renames one, its own is used again.
 */
import { retryMiddleware, retryMiddlewareOptions } from "@smithy/core/retry";
import { getSchemaSerdePlugin } from "@smithy/core/schema";

type SerdeConfig = Parameters<typeof getSchemaSerdePlugin>[0];
type RetryConfig = Parameters<typeof retryMiddleware>[0];
type Signer = (scheme?: never) => Promise<unknown>;

/** What of a client is looked at; the rest of each client's types is its own. */
interface Client {
  readonly config: SerdeConfig & RetryConfig & { signer: Signer };
  readonly middlewareStack: object;
}

interface Arguments {
  readonly input: object;
  readonly request?: { readonly headers: Record<string, string> };
}

type Handler = (args: Arguments) => Promise<{ readonly response: unknown; readonly output: { $metadata: object } }>;
type Middleware = (next: Handler, context: object) => Handler;

/** What is used of the SDK's stack of middleware. */
interface Stack {
  add(middleware: Middleware, options: object): void;
  remove(name: string): boolean;
  use(plugin: object): void;
  applyToStack(other: { add: Stack["add"]; addRelativeTo: Stack["add"] }): void;
}

/** The client itself, with less to do. It calls, signs, repeats and fails as before. */
export function lean<Given extends Client>(client: Given): Given {
  const { config } = client;
  const stack = client.middlewareStack as Stack;
  // It prepares each call for a log that nobody asked for.
  stack.remove("loggerMiddleware");
  config.signer = once(config.signer);
  stack.add(repeated(config), retryMiddlewareOptions);
  const { middleware, options } = named(stack, "getUserAgentMiddleware");
  if (middleware !== undefined) stack.add(sameHeaders(middleware), options);
  stack.use(getSchemaSerdePlugin(serdeOf(config)));
  return client;
}

/** One signer for all calls: region and service are the client's, and credentials are asked for with each signature anyway. */
function once(signer: Signer): Signer {
  let made: Promise<unknown> | undefined;
  return (scheme) => {
    made ??= signer(scheme).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** What a call needs for being repeated is made when it has failed: the SDK's own middleware then begins with that failure. */
function repeated(config: RetryConfig): Middleware {
  return (next, context) => async (args) => {
    try {
      return await next(args);
    } catch (error) {
      let failed = true;
      const again: Handler = (further) => {
        if (!failed) return next(further);
        failed = false;
        return Promise.reject(error);
      };
      return (retryMiddleware(config) as unknown as Middleware)(again, context)(args);
    }
  };
}

/** The headers that say which SDK this is are those of the client's first call. */
function sameHeaders(middleware: Middleware): Middleware {
  let known: Readonly<Record<string, string>> | undefined;
  return (next, context) => {
    const first = middleware((args) => {
      const headers = Object.entries(args.request?.headers ?? {});
      known = Object.fromEntries(headers.filter(([name]) => name.endsWith("user-agent")));
      return next(args);
    }, context);
    return (args) => {
      if (known === undefined || args.request === undefined) return first(args);
      Object.assign(args.request.headers, known);
      return next(args);
    };
  };
}

/** A middleware of the stack, with where it stands. */
function named(stack: Stack, name: string): { readonly middleware?: Middleware; readonly options: object } {
  let found: { middleware?: Middleware; options: object } = { options: {} };
  const add: Stack["add"] = (middleware, given) => {
    // Among the options is the middleware itself, and it would come before another that is added with them.
    const options = Object.fromEntries(Object.entries(given).filter(([key]) => key !== "middleware"));
    if (options["name"] === name) found = { middleware, options };
  };
  stack.applyToStack({ add, addRelativeTo: () => {} });
  return found;
}

/** Each call copies this: of a client's seventy settings what serializing asks for. */
function serdeOf(config: SerdeConfig): SerdeConfig {
  const { protocol, urlParser, requestHandler, disableHostPrefix } = config;
  const { base64Decoder, base64Encoder, utf8Decoder, utf8Encoder, streamCollector } = config;
  return {
    protocol,
    urlParser,
    requestHandler,
    disableHostPrefix,
    base64Decoder,
    base64Encoder,
    utf8Decoder,
    utf8Encoder,
    streamCollector,
  };
}
