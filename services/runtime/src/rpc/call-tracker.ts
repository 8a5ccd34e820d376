import type { EventEmitter } from "node:events";
import { serverStopping } from "./admission.ts";

/** A call under way that can be ended early with an error for its caller. */
export interface Cuttable {
  cut(error: Error): void;
}

/** Knows which calls are being handled, so that a stop can wait for them and cut those that would not end. */
export class CallTracker {
  readonly #unary = new Set<Cuttable>();
  readonly #streams = new Set<Cuttable>();
  readonly #waiters: (() => void)[] = [];
  #stopping = false;

  enter(call: Cuttable): void {
    this.#unary.add(call);
  }

  leave(call: Cuttable): void {
    this.#unary.delete(call);
    if (this.#stopping) this.#settle();
  }

  /** Registers a stream. It is cut when the server stops, at once when it already does. */
  enterStream(call: Cuttable): void {
    this.#streams.add(call);
    if (this.#stopping) call.cut(serverStopping());
  }

  leaveStream(call: Cuttable): void {
    this.#streams.delete(call);
    if (this.#stopping) this.#settle();
  }

  /** Ends the streams, which could last for ever; unary calls run on. Resolves when nothing is being handled. */
  stop(): Promise<void> {
    this.#stopping = true;
    for (const call of [...this.#streams]) call.cut(serverStopping());
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#settle();
    });
  }

  /** Ends the unary calls that are still being handled. */
  cut(): void {
    for (const call of [...this.#unary]) call.cut(serverStopping());
  }

  #settle(): void {
    if (this.#unary.size > 0 || this.#streams.size > 0) return;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}

/** Tracks a stream of a service that is not ours (health, reflection): a stop ends it, so that it holds nothing up. */
export function trackStream(tracker: CallTracker, stream: EventEmitter & { end(): unknown }): void {
  const call: Cuttable = { cut: () => void stream.end() };
  // grpc-js emits "cancelled" at the end of every call, however it ended.
  stream.once("cancelled", () => tracker.leaveStream(call));
  tracker.enterStream(call);
}
