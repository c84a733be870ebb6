import { destination, pino } from "pino";
import type { Log } from "../../shared/adapters/log.ts";

/** Events as lines of a file, for a terminal that is to stay readable. The file is appended to; its folder is made where it is missing. */
export function fileLog(path: string): Log {
  const options = {
    level: "info",
    base: null,
    messageKey: "event",
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination({ dest: path, append: true, mkdir: true, sync: true }));
}
