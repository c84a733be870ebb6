/** What the scheduler's rate expression does in the cloud: one tick after another, never two at once. */
export function tick(seconds: number, action: () => Promise<unknown>, failed: (error: unknown) => void): { stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const next = () => {
    running = action()
      .then(() => undefined, failed)
      .then(() => {
        if (!stopped) timer = setTimeout(next, seconds * 1000);
      });
  };
  next();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
