// How a test server answers: at once and well, where nothing else is said.
import type { status } from "@grpc/grpc-js";
import type { Chance } from "./chance.ts";

export interface Behaviour {
  /** Time that each call takes, in milliseconds. */
  readonly delayMs?: () => number;
  /** Calls that it works on at once; the rest wait in line. */
  readonly concurrency?: number;
  readonly fails?: {
    readonly status: status;
    readonly when: Chance;
    /** Sends headers before the status, as servers do whose errors no proxy sees. */
    readonly afterHeaders?: boolean;
  };
  /** Breaks the stream off instead of answering. */
  readonly resets?: { readonly when: Chance };
  /** Takes calls and never answers. */
  readonly hangs?: boolean;
  /** Answers nothing before this resolves. */
  readonly heldUntil?: Promise<void>;
}
