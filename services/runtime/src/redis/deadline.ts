/** Something took longer than it may. */
export class DeadlineError extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
    this.name = "DeadlineError";
  }
}

/**
 * Settles as `work` does, or rejects with DeadlineError after `timeoutMs`.
 *
 * A process that is busy for a while must not take its own slowness for the other side's: the time begins when what
 * was asked for is written, which a client does at the end of this turn of the event loop, and when it is up, answers
 * that have arrived meanwhile are read before it counts.
 */
export function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let settled = false;
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      settled = true;
      clearTimeout(timer);
    };
    const fail = (): void => {
      if (!settled) reject(new DeadlineError(timeoutMs));
    };
    setImmediate(() => {
      if (!settled) timer = setTimeout(() => setImmediate(fail), timeoutMs);
    });
    work.finally(end).then(resolve, reject);
  });
}
