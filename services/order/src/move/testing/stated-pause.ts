/** Milliseconds that a write may wait for a move: longer than a fence stands, because the machine may stall behind it. */
export const STATED_PAUSE_MS = 2_000;
