/** What a reference to a secret must be for ECS to resolve it. Never says what was given instead: it may be the secret. */
export const REFERENCE_EXPECTED =
  "expected what ECS resolves: the ARN of a secret (secretsmanager:arn:aws:secretsmanager:…) or of a parameter, or a parameter's path (ssm:/name)";

const ARN = /^arn:aws[a-z-]*:(secretsmanager|ssm):/;
const PARAMETER = /^\/[\w./-]+$/;

/** The value as ECS wants it; undefined where it is no reference. */
export function resolvable(reference: string): string | undefined {
  const [, scheme, rest] = /^(secretsmanager|ssm):(.+)$/s.exec(reference) ?? [];
  const value = rest ?? reference;
  if (ARN.test(value)) return value;
  return scheme === "ssm" && PARAMETER.test(value) ? value : undefined;
}
