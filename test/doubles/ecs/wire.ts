/** The two protocols: AWS JSON 1.1 for ECS, the query protocol with XML for STS. */
import type { EcsOperation } from "./model.ts";
import { isEcsOperation } from "./model.ts";
import type { ErrorAnswer } from "./refusal.ts";

/** A request as HTTP has it. Header names are in lower case. */
export interface DoubleRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface DoubleResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type OperationName = EcsOperation | "AssumeRole";

const TARGET = "AmazonEC2ContainerServiceV20141113.";

/** What a request asks for; `undefined` where neither service knows it. */
export function operationOf({ headers, body }: DoubleRequest): OperationName | undefined {
  const target = headers["x-amz-target"];
  if (target !== undefined) {
    const name = target.startsWith(TARGET) ? target.slice(TARGET.length) : "";
    return isEcsOperation(name) ? name : undefined;
  }
  return /(^|&)Action=AssumeRole(&|$)/.test(body) ? "AssumeRole" : undefined;
}

export function jsonResponse(status: number, document: object): DoubleResponse {
  return {
    status,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": requestId() },
    body: JSON.stringify(document),
  };
}

/** Errors of ECS. Denials come from the common front, which writes `Message`. */
export function jsonError({ type, status, message, fields }: ErrorAnswer): DoubleResponse {
  const text = type === "AccessDeniedException" ? { Message: message } : { message };
  return jsonResponse(status, { __type: type, ...text, ...fields });
}

export function xmlResponse(status: number, document: string): DoubleResponse {
  return { status, headers: { "content-type": "text/xml", "x-amzn-requestid": requestId() }, body: document };
}

/** Errors of STS: the same facts, in the query protocol's spelling. */
export function xmlError({ type, status, message }: ErrorAnswer): DoubleResponse {
  const code = XML_CODES[type] ?? { code: type, status };
  return xmlResponse(
    code.status,
    `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>${code.status < 500 ? "Sender" : "Receiver"}</Type><Code>${code.code}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>${requestId()}</RequestId></ErrorResponse>`,
  );
}

const XML_CODES: Readonly<Record<string, { readonly code: string; readonly status: number }>> = {
  AccessDeniedException: { code: "AccessDenied", status: 403 },
  ThrottlingException: { code: "Throttling", status: 400 },
  InvalidParameterException: { code: "ValidationError", status: 400 },
  ExpiredTokenException: { code: "ExpiredToken", status: 403 },
  UnrecognizedClientException: { code: "InvalidClientTokenId", status: 403 },
  MissingAuthenticationTokenException: { code: "MissingAuthenticationToken", status: 403 },
};

export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

let requests = 0;

function requestId(): string {
  requests++;
  return `00000000-0000-4000-9000-${String(requests).padStart(12, "0")}`;
}
