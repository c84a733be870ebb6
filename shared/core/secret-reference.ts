const FORMS = [
  /^env:[A-Za-z_][A-Za-z0-9_]*$/,
  /^file:\/[^\0\n]+$/,
  /^secretsmanager:(?:[A-Za-z0-9/_+=.@-]{1,512}|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+)$/,
  /^ssm:\/[A-Za-z0-9/_.-]+$/,
  /^gcp:projects\/[^/\s]+\/secrets\/[^/\s]+\/versions\/[^/\s]+$/,
];

/** What somebody is told who gave something else. The text itself is never repeated: it may be the secret. */
export const SECRET_REFERENCE_EXPECTED =
  "expected a reference to a secret, never the secret itself: env:NAME, file:/path, secretsmanager:NAME_OR_ARN, ssm:/name or gcp:projects/P/secrets/S/versions/V";

/** Whether a text names a secret that is kept elsewhere. */
export function isSecretReference(text: string): boolean {
  return FORMS.some((form) => form.test(text));
}
