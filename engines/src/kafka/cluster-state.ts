import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EngineError } from "../engine-error.ts";
import { writePrivateFile } from "../private-file.ts";

const stateShape = z.object({
  clusterId: z.string().min(1),
  brokers: z.number().int().positive(),
  /** With which the brokers identify themselves to each other and to the controllers. */
  internalPassword: z.string().min(1),
});

/** What belongs to the data and stays the same over all starts. */
export type ClusterState = z.infer<typeof stateShape>;

/**
 * Reads the state of the folder, or makes it when the folder is new.
 * @throws EngineError KAFKA_BROKERS_CHANGED, KAFKA_STATE_UNREADABLE
 */
export async function openClusterState(dataDir: string, brokers: number): Promise<ClusterState> {
  const file = join(dataDir, "cluster.json");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const state = await read(file);
  if (state === undefined) {
    const made: ClusterState = {
      // The form of a Kafka Uuid: 16 bytes in base64url. StorageTool takes no leading dash.
      clusterId: `om${randomBytes(15).toString("base64url")}`,
      brokers,
      internalPassword: randomBytes(24).toString("base64url"),
    };
    await writePrivateFile(file, JSON.stringify(made));
    return made;
  }
  if (state.brokers !== brokers) {
    throw new EngineError(
      "KAFKA_BROKERS_CHANGED",
      `${dataDir} holds a Kafka cluster of ${state.brokers} broker(s), and ${brokers} are asked for. The number ` +
        `cannot change: ask for ${state.brokers}, or remove the folder to begin anew without its events.`,
    );
  }
  return state;
}

async function read(file: string): Promise<ClusterState | undefined> {
  try {
    return stateShape.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new EngineError(
      "KAFKA_STATE_UNREADABLE",
      `${file} cannot be read as the state of a Kafka cluster: ${(cause as Error).message}. Mend it, or remove its ` +
        "folder to begin anew without its events.",
      { cause },
    );
  }
}
