/** Does something with each of many, so many at once; resolves when all are done. What one throws ends the others' queue. */
export async function eachOf<Item>(items: Iterable<Item>, atOnce: number, act: (item: Item) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await act(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** What the promise gives; rejects as soon as the signal is aborted: not everything that hangs heeds it. */
export function before<Result>(signal: AbortSignal, promise: Promise<Result>): Promise<Result> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const late = () => reject(new Error("the time was over before an answer came"));
  signal.addEventListener("abort", late, { once: true });
  if (signal.aborted) late();
  return Promise.race([promise, over]).finally(() => signal.removeEventListener("abort", late));
}
