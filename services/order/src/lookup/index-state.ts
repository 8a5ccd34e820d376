// Which generation of the index is read and which are written, as this process knows it.
import { z } from "zod";
import { stateKey } from "./index-keys.ts";
import { type CommandClient, getText, type IndexRedis } from "./redis-commands.ts";

export interface IndexState {
  /** Complete, and read. Absent after Redis lost everything, until the rebuilding is done. */
  readonly generation?: string | undefined;
  /** Being built: written beside the one that is read. */
  readonly next?: string | undefined;
}

const stateShape = z.object({ generation: z.string().optional(), next: z.string().optional() });

/** What is written while nothing is. */
export const noState = "";

export const stateText = ({ generation, next }: IndexState): string => JSON.stringify({ generation, next });

/** Reads the state and its text, which is what a change of it compares. */
export async function readState(client: CommandClient): Promise<{ readonly state: IndexState; readonly text: string }> {
  const text = (await getText(client, stateKey)) ?? noState;
  return { state: text === noState ? {} : stateShape.parse(JSON.parse(text)), text };
}

/** The generations that entries are written to. */
export function writtenGenerations({ generation, next }: IndexState): readonly string[] {
  return [generation, next].filter((name) => name !== undefined);
}

/** How old a process's knowledge of the state may be. */
export const stateAgeMs = 1_000;

/**
 * After so long, every process writes to the generations that the state names: what it knew has aged, and what it had
 * begun has ended or failed, with a second to spare for one that was held up in between.
 */
export const writersSettleMs = stateAgeMs + 2_000;

export interface KnownState {
  /** The state as it was at most `stateAgeMs` ago. Rejects while Redis is away. */
  read(): Promise<IndexState>;
}

/** @param now monotonic milliseconds; for tests */
export function createKnownState(redis: Pick<IndexRedis, "run">, now = () => performance.now()): KnownState {
  let known: Promise<IndexState> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;

  return {
    read() {
      // The age counts from the question: the answer may have been on its way for long.
      if (known === undefined || now() - askedAt > stateAgeMs) {
        askedAt = now();
        const asked = redis.run(async (client) => (await readState(client)).state);
        asked.catch(() => {
          if (known === asked) known = undefined; // whoever asked is told, the next asks again
        });
        known = asked;
      }
      return known;
    },
  };
}
