import { isObject, type Json } from "../../core/json.ts";

const TEXT = /^(\d{1,12})(?:\.(\d{1,9}))?s$/;
const NANOS = 1_000_000_000;

/** A span of time, as protobuf has it. */
export interface Duration {
  readonly seconds: number;
  readonly nanos: number;
}

/** A duration given in any of its forms: seconds, protobuf's text (`"3600s"`), or its object. Undefined for anything else, and below zero. */
export function durationOf(given: Json): Duration | undefined {
  if (typeof given === "number") return ofNumber(given);
  if (typeof given === "string") return ofText(given);
  if (!isObject(given) || Object.keys(given).some((key) => key !== "seconds" && key !== "nanos")) return undefined;
  const seconds = wholeNumber(given["seconds"] ?? 0);
  const nanos = wholeNumber(given["nanos"] ?? 0);
  return seconds === undefined || nanos === undefined || nanos >= NANOS ? undefined : { seconds, nanos };
}

/** As protobuf's JSON writes it: `"3600s"`, `"0.5s"`. */
export function durationText({ seconds, nanos }: Duration): string {
  const fraction = nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
  return `${seconds}${fraction}s`;
}

/** Whether the first is shorter. */
export function isShorter(one: Duration, other: Duration): boolean {
  return one.seconds === other.seconds ? one.nanos < other.nanos : one.seconds < other.seconds;
}

function ofText(text: string): Duration | undefined {
  const [, seconds, fraction = ""] = TEXT.exec(text) ?? [];
  return seconds === undefined ? undefined : { seconds: Number(seconds), nanos: Number(fraction.padEnd(9, "0")) };
}

function ofNumber(seconds: number): Duration | undefined {
  if (!(seconds >= 0 && seconds <= 1e12)) return undefined;
  const whole = Math.floor(seconds);
  const nanos = Math.round((seconds - whole) * NANOS);
  return nanos === NANOS ? { seconds: whole + 1, nanos: 0 } : { seconds: whole, nanos };
}

/** Protobuf's JSON writes numbers of 64 bits as texts. */
function wholeNumber(given: Json): number | undefined {
  const number = typeof given === "string" && /^\d{1,12}$/.test(given) ? Number(given) : given;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 && number <= 1e12 ? number : undefined;
}
