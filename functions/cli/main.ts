import { Command, CommanderError, InvalidArgumentError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { Refusal } from "../../shared/core/errors.ts";
import { CommandFailure } from "./failure.ts";
import { oneLine, printable } from "./format.ts";
import { describeRefusal } from "./refusal.ts";

const CONFIG_OPTION = ["-c, --config <file>", "configuration; else SLIPWAY_CONFIG, else ./slipway.yml, else one local target"] as const;
const STATE_HELP = "SLIPWAY_STATE names the folder that everything is kept in, for each command alike (default: .slipway).";
const JSON_OPTION = ["--json", "print for programs"] as const;

const program = new Command("slipway")
  .version(packageJson.version)
  .description("Launches serialized run configs exactly once, and follows them to their end.")
  .addHelpText(
    "after",
    "\nExit status: 0 done, 1 the run or request failed, 2 wrong usage.\nStart with `slipway dev` (or `npm start`), then `slipway submit examples/hello.json --wait`.\nEach command speaks to the Slipway of this folder, or to the one that SLIPWAY_STATE (its folder) or SLIPWAY_TABLE and SLIPWAY_QUEUE name.",
  )
  .showSuggestionAfterError()
  .showHelpAfterError("(--help says more)")
  .exitOverride()
  // What is wrong with a command line quotes it.
  .configureOutput({ outputError: (text, write) => write(printable(text)) })
  .configureHelp({ showGlobalOptions: true });

program
  .command("dev")
  .description("run Slipway on this machine: queue, table and dispatcher, all included (what `npm start` does)")
  .option(...CONFIG_OPTION)
  .option("-p, --port <number>", "where the HTTP interface answers (default: 8787, or a free one where that is taken)", port)
  .addHelpText("after", `${example("slipway dev --config slipway.yml --port 9000")}\n\n${STATE_HELP}`)
  .action(async (options) => (await import("./dev.ts")).dev(options));

program
  .command("submit")
  .description("hand in a run request (JSON), or a bare run config")
  .argument("<file>", "the request; - for standard input")
  .option("-w, --wait", "tell each change, and end with the run: 0 when it succeeded, 1 when not")
  .option(
    "-f, --follow",
    "as --wait, and show the run's log as it grows, where it is a file of this machine; Ctrl-C ends the following, not the run",
  )
  .option("--id <id>", "the run's id, for a request that has none (default: a new one)")
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway submit examples/hello.json --follow"))
  .action(async (file, options) => (await import("./submit.ts")).submit(file, options));

program
  .command("plan")
  .description("show what a request would launch, without launching anything")
  .argument("[file]", "the request; - for standard input")
  .option(...CONFIG_OPTION)
  .option("--attempt <number>", "which attempt to plan", positive, 1)
  .option(...JSON_OPTION)
  .option("--jsonl", 'read lines {"config", "request", "attempt"} from standard input, answer one line for each')
  .addHelpText("after", example("slipway plan examples/hello.json --json"))
  .action(async (file, options) => (await import("./plan.ts")).plan(file, options));

program
  .command("validate")
  .description(
    "say all that is wrong with a request or a configuration (which one, its content tells), or where a request would go and why",
  )
  .argument("[file]", "the document; - for standard input")
  .option("-c, --config <file>", "the configuration that a request is routed by; without a file, the configuration to validate")
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway validate request.json --config slipway.yml"))
  .action(async (file, options) => (await import("./validate.ts")).validate(file, options));

program
  .command("targets")
  .description("list the places to run; with --for, why each does or doesn't take a request")
  .option(...CONFIG_OPTION)
  .option("--for <file>", "a request; - for standard input")
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway targets --for examples/hello.json"))
  .action(async (options) => (await import("./targets.ts")).targets(options));

program
  .command("schedules")
  .description("list what is asked for again and again: when next, and the last run of each")
  .option(...CONFIG_OPTION)
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway schedules"))
  .action(async (options) => (await import("./schedules.ts")).schedules(options));

program
  .command("runs")
  .description("list runs, newest first")
  .option("-s, --state <state>", "only runs in this state")
  .option("-t, --target <name>", "only runs on this target")
  .option("-l, --label <label>", "only runs with this label")
  .option("-n, --limit <number>", "at most so many", positive, 20)
  .option("--days <number>", "look back so many days", positive, 7)
  .option("-w, --watch", "go on, and show what changes; with --json a line for each run that has changed. Ctrl-C ends it")
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway runs --state failed --days 1", "slipway runs --watch --target prod"))
  .action(async (options) => (await import("./runs.ts")).runs(options));

program
  .command("show")
  .description("show all that is known of a run")
  .argument("<id>", "the run's id; one that begins with a dash comes after --")
  .option(
    "-f, --follow",
    "tell each change until it ends: 0 when it succeeded, 1 when not; with its log, where that is a file of this machine",
  )
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway show nightly-20261122T030000Z", "slipway show nightly-20261122T030000Z --follow"))
  .action(async (id, options) => (await import("./show.ts")).show(id, options));

program
  .command("explain")
  .description("say why a run did or did not run, where, how often it was tried, what it waits for, and what to do next")
  .argument("<id>", "the run's id; one that begins with a dash comes after --")
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway explain nightly-20261122T030000Z"))
  .action(async (id, options) => (await import("./explain.ts")).explain(id, options));

program
  .command("cancel")
  .description("end a run, whatever it does; one that has not come yet is never launched. To say it twice does no harm")
  .argument("<id>", "the run's id; one that begins with a dash comes after --")
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway cancel nightly-20261122T030000Z"))
  .action(async (id, options) => (await import("./cancel.ts")).cancel(id, options));

program
  .command("reopen")
  .description("launch again what was refused or expired, when its reason is put right; its sender may use no other targets than before")
  .argument("[id]", "the run's id; one that begins with a dash comes after --")
  .option("--lost", "the run is LOST, and you have seen that nothing of it runs")
  .option("--code <code>", "all runs that were refused with this code, or for a reason of this class (denied, capacity, …)")
  .option("--since <time>", "of those, the ones that ended since then: 30m, 1h, 2d", timeSpan)
  .option(...JSON_OPTION)
  .addHelpText(
    "after",
    example("slipway reopen nightly-20261122T030000Z", "slipway reopen --code denied --since 1h", "slipway reopen --lost first"),
  )
  .action(async (id, options) => (await import("./reopen.ts")).reopen(id, options));

program
  .command("doctor")
  .description("look whether all that Slipway needs can be reached: configuration, table, queue, each target; launches nothing")
  .option(...CONFIG_OPTION)
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway doctor --config slipway.yml"))
  .action(async (options) => (await import("./doctor.ts")).doctor(options));

program
  .command("iam")
  .description("print the AWS rights that follow from the configuration: for each function's role, and for each role that one assumes")
  .option(...CONFIG_OPTION)
  .option("--function <name>", "only the policy of this function: dispatch, webhook, schedule, observe or sweep")
  .option("--account <id>", "your account, in place of ${AWS::AccountId}")
  .option("--region <region>", "the deployment's region, in place of ${AWS::Region}")
  .option("--all", "also what every deployment needs: table, queue, payloads, event bus")
  .option("--json", "accepted: this is JSON anyway")
  .addHelpText("after", example("slipway iam --config slipway.yml --account 123456789012 --region eu-west-1"))
  .action(async (options) => (await import("./iam.ts")).iam(options));

const quarantine = program
  .command("quarantine")
  .description("messages that were refused: list them, look at one, try them again, forget them");

quarantine
  .command("list")
  .description("list what was refused, and why, newest first")
  .option("--code <code>", "only what was refused with this code")
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway quarantine list --code INVALID_REQUEST"))
  .action(async (options) => (await import("./quarantine.ts")).list(options));

quarantine
  .command("show")
  .description("show a refused message: its fields, and with --reveal its values too")
  .argument("<id>", "the entry's id")
  .option("--reveal", "show the message as it came: its values may be secrets")
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway quarantine show 6b1d0e5b8f0c4f2a9d3e7c1b5a --reveal"))
  .action(async (id, options) => (await import("./quarantine.ts")).show(id, options));

quarantine
  .command("take")
  .description("take the messages of a dead-letter queue into quarantine, each under the id that it had: redrive them from there")
  .argument("<queue-url>", "the dead-letter queue's URL: the stack's output DeadLetters")
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway quarantine take https://sqs.eu-west-1.amazonaws.com/123456789012/slipway-prod-dead-letters"))
  .action(async (url, options) => (await import("./take.ts")).take(url, options));

quarantine
  .command("redrive")
  .description("check messages anew, and try those that are right now; the others stay, with the reason of today")
  .argument("[ids...]", "the entries' ids")
  .option("--code <code>", "all that was refused with this code")
  .option("--all", "all that is in quarantine")
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway quarantine redrive --code INVALID_REQUEST"))
  .action(async (ids, options) => (await import("./quarantine.ts")).redrive(ids, options));

quarantine
  .command("drop")
  .description("forget refused messages")
  .argument("<ids...>", "the entries' ids")
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway quarantine drop 6b1d0e5b8f0c4f2a9d3e7c1b5a"))
  .action(async (ids, options) => (await import("./quarantine.ts")).drop(ids, options));

program
  .command("console")
  .description("print the address of the web page of the Slipway that runs in this folder; opened, it signs you in")
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway console"))
  .action(async (options) => (await import("./console.ts")).consoleAddress(options));

program
  .command("schema")
  .description("print the JSON Schema of a document, for editors and other programs")
  .argument("<document>", "run-request, run-config or config")
  .option(...JSON_OPTION)
  .addHelpText("after", example("slipway schema config > slipway.schema.json"))
  .action(async (document) => (await import("./schema.ts")).schema(document));

function example(...lines: readonly string[]): string {
  return `\nExample:\n  ${lines.join("\n  ")}`;
}

const MILLISECONDS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function timeSpan(text: string): number {
  const [, count, unit = ""] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError("expected a number and s, m, h or d, as in 30m");
  return Number(count) * (MILLISECONDS[unit] ?? 0);
}

function port(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new InvalidArgumentError("expected a port, from 1 to 65535");
  return number;
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("expected a whole number from 1");
  return number;
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader of a pipe has seen enough.
  if (error.code === "EPIPE") process.exit();
  console.error(`slipway: the output can't be written (${error.code})`);
  process.exit(1);
});
// Nobody is left to be told.
process.stderr.on("error", () => undefined);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    if (error.code === "commander.unknownOption" && ["show", "explain", "cancel", "reopen"].includes(process.argv[2] ?? "")) {
      console.error(`An id that begins with a dash comes after --, as in: slipway ${process.argv[2]} -- -id`);
    }
  } else if (error instanceof CommandFailure) fail(error.message, error.exitStatus);
  else if (error instanceof Refusal) fail(describeRefusal(error), 1);
  else {
    const { message, cause } = error instanceof Error ? error : new Error("not an error");
    fail(oneLine(cause instanceof Error ? `${message}: ${cause.message || cause.name}` : message), 1);
  }
}

function fail(message: string, status: 1 | 2): void {
  console.error(`slipway: ${printable(message)}`);
  process.exitCode = status;
}
