import { rm } from "node:fs/promises";
import type { Layout } from "./data-folder/layout.ts";
import { type StackState, writeStackState } from "./state.ts";

export interface StateKeeper {
  /** From now on stack.json is kept true. */
  publish(): Promise<void>;
  /** Something changed: writes it anew when it is published. */
  changed(): void;
  /** Removes stack.json; nothing is written after. */
  withdraw(): Promise<void>;
}

/** Keeps stack.json true, one write at a time, the last one always with the latest state. */
export function createStateKeeper(
  layout: Layout,
  read: () => StackState,
  onFault: (error: unknown) => void,
): StateKeeper {
  let published = false;
  let writing: Promise<void> = Promise.resolve();
  const write = (): Promise<void> => {
    const next = writing.then(async () => {
      if (published) await writeStackState(layout, read());
    });
    writing = next.catch(() => undefined); // The caller of this write gets the fault; the next one is tried anew.
    return next;
  };
  return {
    publish: () => {
      published = true;
      return write();
    },
    changed: () => {
      if (published) write().catch(onFault);
    },
    withdraw: async () => {
      published = false;
      await writing;
      await rm(layout.state, { force: true });
    },
  };
}
