// What was started for a run ends with it, also when the run is interrupted.

const signals = ["SIGINT", "SIGTERM"] as const;

/** Releases what was started and exits when a signal comes. Returns a function that takes this back. */
export function releaseOnSignal({ release }: { release(): Promise<void> }): () => void {
  const stop = (signal: NodeJS.Signals): void => {
    forget();
    process.stderr.write(`\n${signal}: stopping\n`);
    release().then(
      () => process.exit(130),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  const forget = (): void => {
    for (const signal of signals) process.off(signal, stop);
  };
  for (const signal of signals) process.on(signal, stop);
  return forget;
}
