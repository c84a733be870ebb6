// What Lambda does around a function, in plain JavaScript that needs nothing beside it: loads the handler of the unpacked package, and
// calls it with one event a line. Answers each with a line: the result, and the modules that were loaded so far.
import { registerHooks } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const loaded = new Set();
registerHooks({
  load(url, context, next) {
    loaded.add(url);
    return next(url, context);
  },
});

const [file, name] = [process.env._HANDLER.slice(0, process.env._HANDLER.lastIndexOf(".")), process.env._HANDLER.split(".").at(-1)];
const { [name]: handler } = await import(pathToFileURL(join(process.env.LAMBDA_TASK_ROOT, `${file}.mjs`)).href);
const own = () => [...loaded].filter((url) => url.startsWith("file:")).map((url) => url.split("/").at(-1));
answer({ ready: true, loaded: own() });

for await (const line of createInterface({ input: process.stdin })) {
  const { event, seconds } = JSON.parse(line);
  const deadline = Date.now() + seconds * 1000;
  // Lambda ends a process that goes on for longer.
  const end = setTimeout(() => process.exit(124), seconds * 1000);
  const context = {
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${process.env.AWS_LAMBDA_FUNCTION_NAME}`,
    memoryLimitInMB: "512",
    awsRequestId: crypto.randomUUID(),
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  try {
    answer({ result: await handler(event, context), loaded: own() });
  } catch (error) {
    answer({ error: String(error?.stack ?? error), loaded: own() });
  }
  clearTimeout(end);
}

function answer(message) {
  process.stdout.write(`\u0000${JSON.stringify(message)}\n`);
}
