import pino from "pino/browser.js";

/** Structured log: one event a line, with its facts. Facts never hold an env value, a secret or a request. */
export interface Log {
  debug(facts: object, event: string): void;
  info(facts: object, event: string): void;
  warn(facts: object, event: string): void;
  error(facts: object, event: string): void;
}

/**
 * JSON lines with time and level on standard output. By pino's small build: the other one can write files and to other threads, and
 * would be an eighth of what a function does before its first event.
 */
export function jsonLog(level: string): Log {
  return pino({
    level,
    messageKey: "event",
    timestamp: () => new Date().toISOString(),
    browser: {
      formatters: { level: (label) => ({ level: label }) },
      write: (line) => void process.stdout.write(`${JSON.stringify(line)}\n`),
    },
  });
}
