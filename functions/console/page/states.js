/** The states of a run, in the order in which it comes to them. */
export const STATES = [
  "ACCEPTED",
  "WAITING",
  "LAUNCHING",
  "LAUNCHED",
  "RUNNING",
  "SUCCEEDED",
  "FAILED",
  "CANCELLED",
  "LOST",
  "REJECTED",
  "EXPIRED",
];

/** Those that are its end, unless somebody reopens it. */
export const ENDED = ["SUCCEEDED", "FAILED", "CANCELLED", "LOST", "REJECTED", "EXPIRED"];
