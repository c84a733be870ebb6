// One cold start, in plain JavaScript, so that Node has nothing to strip: imports the function that is named, gives it the event that
// is named, and prints what each took until then.
import { readFileSync } from "node:fs";

const [file, eventFile] = process.argv.slice(2);
const event = JSON.parse(readFileSync(eventFile, "utf8"));
const deadline = Date.now() + 60_000;
const context = { functionName: "bench", awsRequestId: crypto.randomUUID(), getRemainingTimeInMillis: () => deadline - Date.now() };

const cpu = process.cpuUsage();
const from = performance.now();
const took = () => {
  const { user, system } = process.cpuUsage(cpu);
  return { wall: performance.now() - from, cpu: (user + system) / 1000, megabytes: process.memoryUsage.rss() / 1e6 };
};

const { handler } = await import(file);
const imported = took();
const { batchItemFailures } = await handler(event, context);
const handled = took();
if (batchItemFailures.length > 0) throw new Error("the message was not handled");
process.stdout.write(`\n${JSON.stringify({ imported, handled })}\n`);
