import { Refusal } from "../../shared/core/errors.ts";

/** The refusal that a call throws; fails where it throws none. */
export function refusalOf(call: () => unknown): Refusal {
  try {
    call();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** The refusal that a promise ends in. */
export async function refusalFrom(promise: Promise<unknown>): Promise<Refusal> {
  const error = await promise.then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason,
  );
  if (error instanceof Refusal) return error;
  throw error;
}
