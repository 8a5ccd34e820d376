/** One call of append whose records are on their way, perhaps over several lanes. */
export interface PendingCall {
  /** One of its records is durable; with the last one the call resolves. */
  stored(): void;
  /** One of its records was refused: the call rejects at once, so that whatever is appended next knows of it. */
  refused(error: unknown): void;
  readonly settled: Promise<void>;
}

/** @param records how many records the call has, at least one */
export function createPendingCall(records: number): PendingCall {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = records;
  return {
    stored() {
      left -= 1;
      if (left === 0) resolve();
    },
    refused: reject,
    settled: promise,
  };
}
