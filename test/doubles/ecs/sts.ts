/** STS AssumeRole on the same server: sessions whose calls belong to the role's account, until they expire. */
import type { Caller } from "./caller.ts";
import { EcsRefusal } from "./refusal.ts";
import { authorize, type State } from "./state.ts";
import { type DoubleResponse, escapeXml, xmlResponse } from "./wire.ts";

const SHORTEST_SECONDS = 900;
const USUAL_SECONDS = 3600;

export function assumeRole(state: State, caller: Caller, form: URLSearchParams, now: number): DoubleResponse {
  const role = form.get("RoleArn") ?? "";
  const name = form.get("RoleSessionName") ?? "";
  const [, partition, account, path] = /^arn:([a-z-]+):iam::(\d{12}):role\/(\S+)$/.exec(role) ?? [];
  if (account === undefined || path === undefined) throw validation(`${role} is invalid`);
  if (!/^[\w+=,.@-]{2,64}$/.test(name)) throw validation("Value at 'roleSessionName' failed to satisfy constraint");
  const { roles } = state.settings;
  const wanted = roles === undefined ? {} : Object.hasOwn(roles, role) ? roles[role] : undefined;
  authorize({ state, caller }, "sts:AssumeRole", role);
  // An unknown role and a wrong external id look the same from outside.
  if (wanted === undefined || (wanted.externalId !== undefined && wanted.externalId !== form.get("ExternalId"))) {
    throw denied(caller, role);
  }
  const seconds = Number(form.get("DurationSeconds") ?? USUAL_SECONDS);
  if (seconds < SHORTEST_SECONDS)
    throw validation("Value at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900");
  if (seconds > (wanted.maxSeconds ?? USUAL_SECONDS))
    throw validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  const nth = state.next();
  const key = `ASIADOUBLE${String(nth).padStart(10, "0")}`;
  const arn = `arn:${partition}:sts::${account}:assumed-role/${path.slice(path.lastIndexOf("/") + 1)}/${name}`;
  const expiresAt = now + seconds * 1000;
  const token = `double-session-${nth}`;
  state.sessions.set(key, { arn, account, token, expiresAt });
  return xmlResponse(
    200,
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>` +
      `<AccessKeyId>${key}</AccessKeyId><SecretAccessKey>double-secret-${nth}</SecretAccessKey><SessionToken>${token}</SessionToken>` +
      `<Expiration>${new Date(expiresAt).toISOString()}</Expiration></Credentials>` +
      `<AssumedRoleUser><AssumedRoleId>AROADOUBLE:${escapeXml(name)}</AssumedRoleId><Arn>${escapeXml(arn)}</Arn></AssumedRoleUser>` +
      `</AssumeRoleResult><ResponseMetadata><RequestId>00000000-0000-4000-9000-000000000000</RequestId></ResponseMetadata></AssumeRoleResponse>`,
  );
}

function denied(caller: Caller, role: string): EcsRefusal {
  return new EcsRefusal({
    type: "AccessDeniedException",
    status: 403,
    message: `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${role}`,
  });
}

function validation(message: string): EcsRefusal {
  return new EcsRefusal({ type: "InvalidParameterException", status: 400, message });
}
