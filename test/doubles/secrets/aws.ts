/**
 * Secrets Manager and the Systems Manager's parameters, as far as secrets are read from them: AWS JSON 1.1 over HTTP.
 * Documented: the operations' names, names and ARNs with or without their last six characters, the errors' names, 400 for nearly all of
 * them, a SecureString as ciphertext unless decryption is asked for. Assumed: the order of checks (signature, rights, existence).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { type HttpDouble, startHttpDouble } from "../../support/http-double.ts";

/** A secret as its keeper has it. */
export interface KeptSecret {
  readonly text?: string;
  readonly binary?: Buffer;
}

/** What the next call gets in place of its answer; `silent`: none at all. */
export type AwsFault = { readonly status: number; readonly name: string } | "silent" | "closed";

/** Both services on one port, and what they were asked. */
export interface AwsSecretsDouble extends HttpDouble {
  /** By name, as `slipway/token` of Secrets Manager and `/slipway/token` of the Systems Manager. */
  readonly secrets: Map<string, KeptSecret>;
  readonly faults: AwsFault[];
  /** `GetSecretValue name region`, one for each call. */
  readonly calls: string[];
}

export async function startAwsSecretsDouble(): Promise<AwsSecretsDouble> {
  const secrets: AwsSecretsDouble["secrets"] = new Map();
  const faults: AwsFault[] = [];
  const calls: string[] = [];
  const server = await startHttpDouble((request, response) => void answer(request, response, secrets, faults, calls));
  return { ...server, secrets, faults, calls };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  secrets: AwsSecretsDouble["secrets"],
  faults: AwsFault[],
  calls: string[],
): Promise<void> {
  const input = (await json(request)) as { SecretId?: string; Name?: string; WithDecryption?: boolean };
  const [, operation = ""] = String(request.headers["x-amz-target"]).split(".");
  const [, region = "unsigned"] = /Credential=[^/]+\/\d{8}\/([^/]+)\//.exec(request.headers.authorization ?? "") ?? [];
  const asked = input.SecretId ?? input.Name ?? "";
  calls.push(`${operation} ${asked} ${region}`);
  const fault = faults.shift();
  if (fault === "silent") return;
  if (fault === "closed") return void response.destroy();
  if (fault !== undefined) return fail(response, fault.status, fault.name);
  if (region === "unsigned") return fail(response, 400, "MissingAuthenticationTokenException");
  const secret = secrets.get(nameOf(asked));
  if (operation === "GetSecretValue") {
    if (secret === undefined) return fail(response, 400, "ResourceNotFoundException");
    const value = secret.binary === undefined ? { SecretString: secret.text } : { SecretBinary: secret.binary.toString("base64") };
    return give(response, { ARN: asked, Name: nameOf(asked), VersionId: "v", VersionStages: ["AWSCURRENT"], CreatedDate: 1.7e9, ...value });
  }
  if (operation !== "GetParameter") return fail(response, 400, "UnknownOperationException");
  if (secret === undefined) return fail(response, 400, "ParameterNotFound");
  const Value = input.WithDecryption === true ? secret.text : "AQICAHhciphertext==";
  give(response, { Parameter: { Name: asked, Type: "SecureString", Value, Version: 1, DataType: "text" } });
}

function nameOf(asked: string): string {
  const [, inArn] = /^arn:[^:]+:secretsmanager:[^:]+:\d+:secret:(.+?)(?:-[A-Za-z0-9]{6})?$/.exec(asked) ?? [];
  return inArn ?? asked;
}

function give(response: ServerResponse, body: object): void {
  response.writeHead(200, { "Content-Type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
}

/** Messages of the services name accounts and roles; this one would be seen if anybody repeated it. */
function fail(response: ServerResponse, status: number, name: string): void {
  response
    .writeHead(status, { "Content-Type": "application/x-amz-json-1.1" })
    .end(JSON.stringify({ __type: name, message: "the-service-said" }));
}
