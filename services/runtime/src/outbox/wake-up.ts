/** A bell with a memory: rung while nobody waits, it ends the next wait at once. */
export interface WakeUp {
  ring(): void;
  /** Resolves when rung, at the latest after `ms` milliseconds. */
  wait(ms: number): Promise<void>;
}

export function createWakeUp(): WakeUp {
  let rung = false;
  let end: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      end?.();
    },
    async wait(ms) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        end = undefined;
      }
      rung = false;
    },
  };
}
