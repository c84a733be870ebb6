import { Command, CommanderError, InvalidArgumentError } from "commander";
import { Refusal } from "../../shared/core/errors.ts";
import { CommandFailure } from "./failure.ts";

const program = new Command("slipway")
  .description("Launches serialized run configs exactly once, and follows them to their end.")
  .addHelpText(
    "after",
    "\nExit status: 0 done, 1 the run or request failed, 2 wrong usage.\nStart with `slipway dev` (or `npm start`), then `slipway submit examples/hello.json --wait`.",
  )
  .showSuggestionAfterError()
  .exitOverride()
  .configureHelp({ showGlobalOptions: true });

program
  .command("dev")
  .description("run Slipway on this machine: queue, table and dispatcher, all included (what `npm start` does)")
  .option("-c, --config <file>", "configuration; else SLIPWAY_CONFIG, else ./slipway.yml, else one local target")
  .action(async (options) => (await import("./dev.ts")).dev(options));

program
  .command("submit")
  .description("hand in a run request (JSON), or a bare run config")
  .argument("<file>", "the request; - for standard input")
  .option("-w, --wait", "tell each change, and end with the run: 0 when it succeeded, 1 when not")
  .option("--id <id>", "the run's id, where the request has none (default: a new one)")
  .option("--json", "print for programs")
  .action(async (file, options) => (await import("./submit.ts")).submit(file, options));

program
  .command("plan")
  .description("show what a request would launch, without launching anything")
  .argument("[file]", "the request; - for standard input")
  .option("-c, --config <file>", "configuration; else SLIPWAY_CONFIG, else ./slipway.yml, else one local target")
  .option("--attempt <number>", "which attempt to plan", positive, 1)
  .option("--json", "print for programs")
  .option("--jsonl", 'read lines {"config", "request", "attempt"} from standard input, answer one line for each')
  .action(async (file, options) => (await import("./plan.ts")).plan(file, options));

program
  .command("runs")
  .description("list runs, newest first")
  .option("-s, --state <state>", "only runs in this state")
  .option("-t, --target <name>", "only runs on this target")
  .option("-n, --limit <number>", "at most so many", positive, 20)
  .option("--days <number>", "look back so many days", positive, 7)
  .option("--json", "print for programs")
  .action(async (options) => (await import("./runs.ts")).runs(options));

program
  .command("show")
  .description("show all that is known of a run")
  .argument("<id>", "the run's id")
  .option("--json", "print for programs")
  .action(async (id, options) => (await import("./runs.ts")).show(id, options));

for (const command of program.commands) command.exitOverride().showSuggestionAfterError();

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("expected a whole number from 1");
  return number;
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader of a pipe has seen enough.
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof CommandFailure) fail(error.message, error.exitStatus);
  else if (error instanceof Refusal) fail(`${error.code}: ${error.message}`, 1);
  else {
    const { message, cause } = error instanceof Error ? error : new Error("not an error");
    fail(cause instanceof Error ? `${message}: ${cause.message}` : message, 1);
  }
}

function fail(message: string, status: 1 | 2): void {
  console.error(`slipway: ${message}`);
  process.exitCode = status;
}
