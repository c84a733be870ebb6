import { type DestinationStream, destination, pino } from "pino";

/** Structured log: one event a line, with its facts. Facts never hold an env value, a secret or a request. */
export interface Log {
  debug(facts: object, event: string): void;
  info(facts: object, event: string): void;
  warn(facts: object, event: string): void;
  error(facts: object, event: string): void;
}

/** JSON lines with time and level, to standard output or another stream. */
export function jsonLog(level: string, to?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    messageKey: "event",
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return to === undefined ? pino(options) : pino(options, to);
}

/** A file that events are appended to; its folder is made where it is missing. */
export function logFile(path: string): DestinationStream {
  return destination({ dest: path, append: true, mkdir: true, sync: true });
}
