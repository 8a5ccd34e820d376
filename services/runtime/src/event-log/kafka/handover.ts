/** Passes items from one who makes them to one who takes them, one at a time: nobody makes more than is taken. */
export interface Handover<T> {
  /** Resolves when the item was taken, or at once when nobody takes any more. */
  give(item: T): Promise<void>;
  /** The next item; undefined after the end. Rejects with what was given to `fail`. */
  take(): Promise<T | undefined>;
  /** Whether somebody waits for the next item. */
  awaited(): boolean;
  /** What is not taken yet is dropped. */
  end(): void;
  fail(error: unknown): void;
}

export function createHandover<T>(): Handover<T> {
  let offered: { item: T; taken: PromiseWithResolvers<void> } | undefined;
  let waiting: PromiseWithResolvers<T | undefined> | undefined;
  let closed: { failure?: unknown } | undefined;

  function settle(): void {
    if (waiting === undefined) return;
    if (offered !== undefined) {
      waiting.resolve(offered.item);
      offered.taken.resolve();
      offered = undefined;
    } else if (closed !== undefined) {
      if ("failure" in closed) waiting.reject(closed.failure);
      else waiting.resolve(undefined);
    } else {
      return;
    }
    waiting = undefined;
  }

  function close(how: { failure?: unknown }): void {
    closed ??= how;
    offered?.taken.resolve();
    offered = undefined;
    settle();
  }

  return {
    async give(item) {
      if (closed !== undefined) return;
      offered = { item, taken: Promise.withResolvers<void>() };
      const { taken } = offered;
      settle();
      await taken.promise;
    },
    take() {
      waiting = Promise.withResolvers<T | undefined>();
      const { promise } = waiting;
      settle();
      return promise;
    },
    awaited: () => waiting !== undefined,
    end: () => close({}),
    fail: (failure) => close({ failure }),
  };
}
