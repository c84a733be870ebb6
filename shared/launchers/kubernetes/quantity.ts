import type { Json } from "../../core/json.ts";

/** A number with a unit, as Kubernetes writes amounts: `500m`, `2`, `2.0`, `1.5Gi`, `1e3`. */
const QUANTITY = /^[+-]?(\d+(\.\d*)?|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,3})?$/;

/** Whether the API server takes a value as an amount of something. */
export function isQuantity(value: Json): boolean {
  return typeof value === "number"
    ? Number.isFinite(value) && QUANTITY.test(String(value))
    : typeof value === "string" && QUANTITY.test(value);
}
