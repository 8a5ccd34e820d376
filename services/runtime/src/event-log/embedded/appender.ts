import type { Database } from "../../database/index.ts";
import type { EventRecord } from "../port.ts";
import { assertRecordSizes } from "../record-size.ts";
import { planAppend } from "./append-rows.ts";
import { appendStatement, MAX_STATEMENT_ROWS } from "./append-statement.ts";
import type { Topic, TopicCatalog } from "./topic-catalog.ts";

export interface Appender {
  append(records: readonly EventRecord[]): Promise<void>;
  /** Resolves when nothing is queued or under way. */
  idle(): Promise<void>;
}

interface Call {
  readonly records: readonly EventRecord[];
  readonly settle: PromiseWithResolvers<void>;
}

const MAX_STATEMENT_RECORDS = 2_000;

/**
 * Appends in the order of the calls over one connection; what arrives while a statement is under way goes into
 * the next one together.
 * @param appended called with the topics of each finished statement
 */
export function createAppender(
  database: Database,
  catalog: TopicCatalog,
  appended: (topics: ReadonlySet<string>) => void,
): Appender {
  const queue: Call[] = [];
  let running: Promise<void> | undefined;

  function topicOf(name: string): Topic {
    const topic = catalog.known(name);
    if (topic === undefined) {
      throw new Error(`topic ${name} was not resolved`);
    }
    return topic;
  }

  async function write(records: readonly EventRecord[]): Promise<void> {
    const topics = new Set<string>();
    for (const record of records) {
      topics.add(record.topic);
    }
    const unknown = [...topics].filter((topic) => catalog.known(topic) === undefined);
    if (unknown.length > 0) {
      await catalog.resolve(unknown);
    }
    for (let start = 0; start < records.length; start += MAX_STATEMENT_RECORDS) {
      const part =
        records.length > MAX_STATEMENT_RECORDS ? records.slice(start, start + MAX_STATEMENT_RECORDS) : records;
      for (const plan of planAppend(part, topicOf, MAX_STATEMENT_ROWS)) {
        const { statement, values } = appendStatement(plan);
        await database.query(statement, values);
      }
    }
    appended(topics);
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const calls = takeCalls(queue);
      try {
        const [only] = calls;
        await write(calls.length === 1 && only ? only.records : calls.flatMap((call) => call.records));
        for (const call of calls) {
          call.settle.resolve();
        }
      } catch (error) {
        for (const call of calls) {
          call.settle.reject(error);
        }
      }
    }
    running = undefined;
  }

  return {
    async append(records) {
      if (records.length === 0) {
        return;
      }
      assertRecordSizes(records);
      const settle = Promise.withResolvers<void>();
      queue.push({ records, settle });
      running ??= drain();
      return settle.promise;
    },
    async idle() {
      await running;
    },
  };
}

function takeCalls(queue: Call[]): Call[] {
  const calls: Call[] = [];
  let total = 0;
  while (queue[0] !== undefined && (calls.length === 0 || total + queue[0].records.length <= MAX_STATEMENT_RECORDS)) {
    total += queue[0].records.length;
    calls.push(queue[0]);
    queue.shift();
  }
  return calls;
}
