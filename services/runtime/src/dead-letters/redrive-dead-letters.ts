import type { EventLog, EventRecord } from "../event-log/index.ts";
import { type DeadLetter, REDRIVEN_HEADER, SETTLES_HEADER } from "./dead-letter.ts";
import { listDeadLetters } from "./list-dead-letters.ts";

export interface RedriveOptions {
  readonly topics: readonly string[];
  /** Only these; all that wait unless given. */
  readonly ids?: readonly string[];
}

export interface RedriveResult {
  readonly redriven: readonly DeadLetter[];
  /** Asked for by id and redriven before. */
  readonly already: readonly DeadLetter[];
  /** Ids that no dead letter has. */
  readonly unknown: readonly string[];
}

const RECORDS_PER_APPEND = 500;

/**
 * Appends the original records of dead letters to their topics again, and a note that settles each. The event id
 * stays, so groups that have applied the event drop it, and redriving twice, or once more after a crash between record
 * and note, has no further effect. An event that is still poison becomes a new dead letter.
 */
export async function redriveDeadLetters(log: EventLog, { topics, ids }: RedriveOptions): Promise<RedriveResult> {
  const letters = await listDeadLetters(log, { topics, includeRedriven: true });
  const asked = ids === undefined ? letters : letters.filter((letter) => ids.includes(letter.id));
  const redriven = asked.filter((letter) => letter.redriveTime === undefined);
  for (let start = 0; start < redriven.length; start += RECORDS_PER_APPEND) {
    const part = redriven.slice(start, start + RECORDS_PER_APPEND);
    // The records first: a note without its record would hide a letter that nobody has applied.
    await log.append(part.map(originalOf));
    await log.append(part.map(noteOf));
  }
  return {
    redriven,
    already: ids === undefined ? [] : asked.filter((letter) => letter.redriveTime !== undefined),
    unknown: (ids ?? []).filter((id) => !letters.some((letter) => letter.id === id)),
  };
}

function originalOf({ id, source, record }: DeadLetter): EventRecord {
  const headers = Object.entries(record.headers).filter(([name]) => !name.startsWith("dlq_"));
  return {
    topic: source.topic,
    key: record.key,
    headers: { ...Object.fromEntries(headers), [REDRIVEN_HEADER]: id },
    value: record.value,
  };
}

/** Under the letter's key, so that it stands behind the letter in the same partition. */
function noteOf({ id, record }: DeadLetter): EventRecord {
  return { topic: record.topic, key: record.key, headers: { [SETTLES_HEADER]: id }, value: new Uint8Array() };
}
