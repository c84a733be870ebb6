/** Which answers to a create prove that no job was made. */
import { expect, test } from "vitest";
import { Answered } from "../../../shared/launchers/vertex/answered.ts";
import { failedCreate } from "../../../shared/launchers/vertex/answers.ts";
import { FailedCall } from "../../../shared/launchers/vertex/client.ts";

const created = (status: number, code: string, message: string) =>
  failedCreate(new FailedCall(true, new Answered(status, JSON.stringify({ error: { status: code, message } }), null)), []);

test.each([
  ["UNAVAILABLE", "The resources are insufficient in region: r.", 400, 503, "capacity"],
  ["RESOURCE_EXHAUSTED", "Quota exceeded: requests per minute", 429, 500, "throttled"],
  ["PERMISSION_DENIED", "no", 403, 502, "denied"],
] as const)(
  "%s, %s: refused as a %i, and as a %i perhaps a gateway's word behind which the job was made",
  (code, said, refused, unsure, failureClass) => {
    expect(created(refused, code, said)).toMatchObject({ status: "refused", failure: { class: failureClass } });
    expect(created(unsure, code, said)).toMatchObject({ status: "unknown", failure: { class: failureClass } });
  },
);

test("an answer that can't be read, or none, says nothing", () => {
  expect(failedCreate(new FailedCall(true, new SyntaxError("Unexpected end of JSON input")), [])).toMatchObject({
    status: "unknown",
    failure: { code: "NO_ANSWER" },
  });
});
