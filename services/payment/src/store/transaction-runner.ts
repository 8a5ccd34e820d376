// Lets statements that also run alone run within a transaction.
import type { Transaction } from "@ordermesh/runtime/database";
import type { Runner } from "./store-changes.ts";

export function runnerOf(tx: Transaction): Runner {
  return {
    query: ({ name, text }, values = []) => tx.query({ name, text, values: values as unknown[] }),
  };
}
