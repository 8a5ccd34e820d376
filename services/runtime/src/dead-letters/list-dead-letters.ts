import { deadLetterTopic, type EventLog, isDeadLetterTopic } from "../event-log/index.ts";
import { type DeadLetter, parseDeadLetter, SETTLES_HEADER } from "./dead-letter.ts";

export interface ListDeadLettersOptions {
  /** The topics whose dead letters are wanted (their own names, not those of the dead-letter topics). */
  readonly topics: readonly string[];
  /** Also those that have been redriven; default false. */
  readonly includeRedriven?: boolean;
}

/**
 * Lists dead letters, oldest first. The log alone knows them: a repeated copy counts once, and a letter is settled
 * when the note of its redrive stands behind it.
 */
export async function listDeadLetters(
  log: Pick<EventLog, "read">,
  { topics, includeRedriven = false }: ListDeadLettersOptions,
): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (const topic of topics) {
    letters.push(...(await readTopic(log, isDeadLetterTopic(topic) ? topic : deadLetterTopic(topic))));
  }
  return letters
    .filter((letter) => includeRedriven || letter.redriveTime === undefined)
    .sort((a, b) => a.time.getTime() - b.time.getTime());
}

/** The dead letter of that id, redriven or not. */
export async function showDeadLetter(
  log: Pick<EventLog, "read">,
  { topics, id }: { readonly topics: readonly string[]; readonly id: string },
): Promise<DeadLetter | undefined> {
  const letters = await listDeadLetters(log, { topics, includeRedriven: true });
  return letters.find((letter) => letter.id === id);
}

async function readTopic(log: Pick<EventLog, "read">, topic: string): Promise<DeadLetter[]> {
  const letters = new Map<string, DeadLetter>();
  for await (const record of log.read(topic)) {
    const settled = letters.get(record.headers[SETTLES_HEADER] ?? "");
    const letter = parseDeadLetter(record);
    if (settled !== undefined) {
      letters.set(settled.id, { ...settled, redriveTime: record.appendTime });
    } else if (letter !== undefined && !letters.has(letter.id)) {
      letters.set(letter.id, letter);
    }
  }
  return [...letters.values()];
}
