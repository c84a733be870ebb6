/** What the SDK makes of answers as they come over a socket, and which of them prove that no task was started. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { ListTasksCommand, RunTaskCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import { afterEach, expect, test } from "vitest";
import { failedCall, sdkError } from "../../../shared/launchers/ecs/answers.ts";
import { ecsClient } from "../../../shared/launchers/ecs/client.ts";

let server: Server | undefined;

// The default chain's credentials: the first that it looks for.
Object.assign(process.env, { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" });

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Answer {
  readonly status: number;
  readonly body: string;
  /** The connection ends before the body does. */
  readonly cut?: boolean;
}

type Command = RunTaskCommand | StopTaskCommand | ListTasksCommand;

/** What a call throws that is answered so. */
async function thrownBy({ status, body, cut = false }: Answer, command: Command): Promise<unknown> {
  server = createServer((_request, response) => {
    const length = cut ? { "content-length": String(body.length + 1) } : {};
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1", ...length });
    response.write(body, () => (cut ? response.destroy() : response.end()));
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = await ecsClient({ endpoint, region: "eu-west-1" });
  const thrown = await client.send(command as RunTaskCommand).then(
    () => undefined,
    (error: unknown) => error,
  );
  client.destroy();
  return thrown;
}

/** What a RunTask is taken for that is answered so. */
async function taken(answer: Answer) {
  return failedCall(sdkError(await thrownBy(answer, new RunTaskCommand({ taskDefinition: "family" }))));
}

const TASKS = '{"tasks":[{"overrides":{"containerOverrides":[{"environment":[{"name":"A","value":"of the run"}]}]}}],"failures":';

test.each<readonly [string, Answer]>([
  ["a 200 whose body breaks off", { status: 200, body: TASKS, cut: true }],
  ["a 200 whose body is half a document", { status: 200, body: TASKS }],
  ["a 200 that is a page", { status: 200, body: "<html>of the run</html>" }],
])("%s: a task may have been started, and nothing of the answer is told", async (_rule, answer) => {
  const outcome = await taken(answer);
  expect(outcome).toMatchObject({ status: "unknown", failure: { class: "unavailable", code: "UNREADABLE_ANSWER", recognised: true } });
  expect(JSON.stringify(outcome)).not.toMatch(/of the run|html/);
});

test.each<readonly [string, Command]>([
  ["a stop", new StopTaskCommand({ task: "t" })],
  ["a list", new ListTasksCommand({})],
])("%s whose answer can't be read: whoever asked is told so, and nothing of the answer", async (_rule, command) => {
  for (const body of ['{"tasks":[{"name":"A","value":of the run', "<html>of the run</html>"]) {
    const thrown = await thrownBy({ status: 200, body }, command);
    expect(thrown).toMatchObject({ name: "UnreadableAnswer", $metadata: { httpStatusCode: 200 } });
    expect(inspect(thrown)).not.toMatch(/of the run|html/);
  }
});

test.each<readonly [string, Answer, object]>([
  ["a gateway's 408", { status: 408, body: "{}" }, { status: "unknown", failure: { class: "unavailable" } }],
  ["a gateway's 502", { status: 502, body: "<html>" }, { status: "unknown", failure: { class: "unavailable" } }],
  ["a 500", { status: 500, body: '{"__type":"ServerException"}' }, { status: "unknown", failure: { class: "unavailable" } }],
  ["a redirection", { status: 301, body: "{}" }, { status: "refused", failure: { class: "unknown" } }],
  ["a refusal", { status: 400, body: '{"__type":"ClientException","message":"m"}' }, { status: "refused", failure: { class: "invalid" } }],
  ["a refusal that can't be read", { status: 400, body: '{"__type":"Cli' }, { status: "refused", failure: { class: "unavailable" } }],
])("%s", async (_rule, answer, expected) => {
  expect(await taken(answer)).toMatchObject(expected);
});
