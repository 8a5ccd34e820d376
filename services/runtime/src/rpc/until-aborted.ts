/**
 * Yields what `source` yields until `signal` aborts, then throws the signal's reason. The source is told to return,
 * but not waited for: a generator that ignores the signal cannot hold the call open.
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, void> {
  const iterator = source[Symbol.asyncIterator]();
  let done = false;
  try {
    for (;;) {
      const result = await nextOrAbort(iterator, signal);
      if (result.done) {
        done = true;
        return;
      }
      yield result.value;
    }
  } finally {
    // Its own failure after the end of the call has no one left to go to; the reason was already thrown or returned.
    if (!done) iterator.return?.().catch(() => undefined);
  }
}

function nextOrAbort<T>(iterator: AsyncIterator<T>, signal: AbortSignal): Promise<IteratorResult<T, unknown>> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}
