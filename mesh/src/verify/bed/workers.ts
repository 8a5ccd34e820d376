// The time that a call takes in a test server: its turn in line first, then the work.
import type { Behaviour } from "./behaviour.ts";

/** What is known of a call that may be given up by its client. */
interface Abandonable {
  readonly cancelled: boolean;
}

export interface Workers {
  /** Calls `done` when the call was worked on. */
  run(call: Abandonable, behaviour: Behaviour, done: () => void): void;
  stop(): void;
}

export function createWorkers(): Workers {
  const line: { readonly call: Abandonable; readonly start: () => void }[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let busy = 0;
  let stopped = false;

  const next = (): void => {
    busy--;
    // Whoever left the line costs no work; a call that is being worked on is finished even if nobody waits.
    let first = line.shift();
    while (first?.call.cancelled === true) first = line.shift();
    first?.start();
  };

  const work = ({ delayMs, heldUntil }: Behaviour, done: () => void): void => {
    busy++;
    const finish = (): void => {
      if (stopped) return;
      next();
      done();
    };
    const wait = delayMs?.() ?? 0;
    const begin = (): void => {
      if (wait <= 0) {
        finish();
        return;
      }
      const timer = setTimeout(() => {
        timers.delete(timer);
        finish();
      }, wait);
      timers.add(timer);
    };
    if (heldUntil === undefined) begin();
    else void heldUntil.then(begin);
  };

  return {
    run: (call, behaviour, done) => {
      const { concurrency = Number.POSITIVE_INFINITY } = behaviour;
      if (busy < concurrency) work(behaviour, done);
      else line.push({ call, start: () => work(behaviour, done) });
    },
    stop: () => {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      line.length = 0;
    },
  };
}
