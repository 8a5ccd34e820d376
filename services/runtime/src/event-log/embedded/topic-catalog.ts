import type { Database } from "../../database/index.ts";
import { assertLogName, PARTITIONS_PER_TOPIC } from "../topics.ts";

export interface PartitionId {
  readonly id: number;
  readonly topic: string;
  readonly partition: number;
}

export interface Topic {
  readonly id: number;
  readonly topic: string;
  /** By number. */
  readonly partitions: readonly PartitionId[];
}

/** Knows every topic seen, and creates a topic at its first use. */
export interface TopicCatalog {
  /** The topic if it is known already, so that an append needs no extra turn. */
  known(topic: string): Topic | undefined;
  resolve(topics: readonly string[]): Promise<Topic[]>;
}

interface TopicRow {
  topic_id: number;
  topic: string;
  partition_id: number;
  partition: number;
}

const SELECT = {
  name: "log_topics",
  text: `SELECT t.topic_id, t.topic, p.partition_id, p.partition
         FROM log_topic t JOIN log_partition p USING (topic_id) WHERE t.topic = ANY ($1) ORDER BY t.topic, p.partition`,
};
const CREATE = {
  name: "log_create_topics",
  text: `WITH created AS (
           INSERT INTO log_topic (topic) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING topic_id
         )
         INSERT INTO log_partition (topic_id, partition)
         SELECT topic_id, partition FROM created, generate_series(0, $2::integer - 1) AS partition`,
};

export function createTopicCatalog(database: Database): TopicCatalog {
  const cache = new Map<string, Topic>();

  async function load(topics: readonly string[]): Promise<void> {
    const { rows } = await database.query<TopicRow>(SELECT, [topics]);
    for (const [topic, found] of Map.groupBy(rows, (row) => row.topic)) {
      const partitions = found.map((row) => ({ id: row.partition_id, topic, partition: row.partition }));
      cache.set(topic, { id: found[0]?.topic_id ?? 0, topic, partitions });
    }
  }

  return {
    known: (topic) => cache.get(topic),
    async resolve(topics) {
      const unknown = () => topics.filter((topic) => !cache.has(topic)).sort();
      for (const topic of unknown()) {
        assertLogName("topic", topic);
      }
      if (unknown().length > 0) {
        await load(unknown());
      }
      if (unknown().length > 0) {
        await database.query(CREATE, [unknown(), PARTITIONS_PER_TOPIC]);
        await load(unknown());
      }
      return topics.map((name) => {
        const topic = cache.get(name);
        if (topic === undefined) {
          throw new Error(`topic ${name} could not be created`);
        }
        return topic;
      });
    },
  };
}
