/** Lets a loop wait for a sign. A sign that comes while nobody waits is kept for the next wait. */
export interface Waker {
  wake(): void;
  /** Forgets a sign that was kept: what it announced is about to be looked at. */
  reset(): void;
  /** Resolves at a sign or after `maxMs`. */
  wait(maxMs: number): Promise<void>;
}

export function createWaker(): Waker {
  let signalled = false;
  let resume: (() => void) | undefined;
  return {
    wake() {
      signalled = true;
      resume?.();
    },
    reset() {
      signalled = false;
    },
    async wait(maxMs) {
      if (!signalled) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, maxMs);
          resume = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        resume = undefined;
      }
      signalled = false;
    },
  };
}
