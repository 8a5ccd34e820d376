import { topics } from "@ordermesh/proto/topics";
import { type DeadLetter, listDeadLetters, redriveDeadLetters, showDeadLetter } from "@ordermesh/runtime/dead-letters";
import Table from "cli-table3";
import { eventText } from "../dead-letters/event-text.ts";
import { withEventLog } from "../dead-letters/open-log.ts";
import { UserError } from "../user-error.ts";

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** `npm run dead-letters -- list`: what waits for somebody; with `all`, also what was redriven. */
export async function listCommand(options: { data: string; all: boolean; json: boolean }): Promise<void> {
  const letters = await withEventLog(options.data, (log) =>
    listDeadLetters(log, { topics, includeRedriven: options.all }),
  );
  if (options.json) return print(JSON.stringify(letters.map(plain), undefined, 2));
  if (letters.length === 0) return print("No dead letters.");
  const table = new Table({
    head: ["id", "time", "event", "key", "attempts", "reason", "redriven"],
    style: { head: [], border: [] },
  });
  for (const letter of letters) {
    const { id, time, eventType, key, attempts, reason, redriveTime } = letter;
    table.push([id, time.toISOString(), eventType ?? "?", key, attempts, reason, redriveTime?.toISOString() ?? "no"]);
  }
  print(table.toString());
}

/** `npm run dead-letters -- show ID`: everything about one, its event as JSON. */
export async function showCommand(id: string, options: { data: string }): Promise<void> {
  const letter = await withEventLog(options.data, (log) => showDeadLetter(log, { topics, id }));
  if (letter === undefined) throw unknown([id]);
  for (const [name, value] of Object.entries(plain(letter))) print(`${name}: ${String(value)}`);
  print("headers:");
  for (const [name, value] of Object.entries(letter.record.headers)) print(`  ${name}: ${value}`);
  print(`event: ${eventText(letter.eventType, letter.record.value)}`);
}

/** `npm run dead-letters -- redrive ID…`, or `--all`: back to their topics, for the groups that have not applied them. */
export async function redriveCommand(ids: string[], options: { data: string; all: boolean }): Promise<void> {
  if (ids.length === 0 && !options.all) {
    throw new UserError("NOTHING_CHOSEN", "name the dead letters to redrive by id, or give --all", { exitCode: 2 });
  }
  const chosen = options.all ? { topics } : { topics, ids };
  const result = await withEventLog(options.data, (log) => redriveDeadLetters(log, chosen));
  for (const { id } of result.redriven) print(`redriven ${id}`);
  for (const { id } of result.already) print(`was redriven before ${id}`);
  if (result.unknown.length > 0) throw unknown(result.unknown);
  if (result.redriven.length === 0) print("Nothing to redrive.");
}

function unknown(ids: readonly string[]): UserError {
  return new UserError("NO_SUCH_DEAD_LETTER", `no dead letter has the id ${ids.join(", ")}: list shows them`);
}

function plain(letter: DeadLetter): Record<string, unknown> {
  const { id, group, reason, attempts, source, key, eventId, eventType, time, redriveTime } = letter;
  return {
    id,
    group,
    reason,
    attempts,
    topic: source.topic,
    partition: source.partition,
    offset: String(source.offset),
    key,
    eventId: eventId ?? null,
    eventType: eventType ?? null,
    time: time.toISOString(),
    redriveTime: redriveTime?.toISOString() ?? null,
  };
}
