import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { installFolder } from "../installed-folder.ts";
import { findJava } from "./java.ts";
import { copyJars } from "./maven.ts";
import type { KafkaInstallation } from "./model.ts";

const POM = fileURLToPath(new URL("../../kafka/pom.xml", import.meta.url));
const ENGINES = fileURLToPath(new URL("../../../.engines", import.meta.url));

export interface InstallOptions {
  /** Receives what is being done, for people. */
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Finds Java and makes sure that the jars are in `.engines/kafka-<version>/` at the root of the project: complete ones
 * are taken as they are, else Maven fetches them. Two processes may install at once.
 * @throws EngineError JAVA_MISSING, JAVA_TOO_OLD, MAVEN_MISSING or KAFKA_DOWNLOAD_FAILED; the signal's reason
 */
export async function installKafka(options: InstallOptions = {}): Promise<KafkaInstallation> {
  return installInto(ENGINES, process.env, options);
}

export async function installInto(
  parent: string,
  env: NodeJS.ProcessEnv,
  { onProgress, signal }: InstallOptions,
): Promise<KafkaInstallation> {
  const java = await findJava(env);
  const pom = await readFile(POM, "utf8");
  const version = versionIn(pom);
  const folder = resolve(parent, `kafka-${version}`);
  const files = await installFolder({
    folder,
    fingerprint: createHash("sha256").update(pom).digest("hex"),
    what: "Kafka's jars",
    failure: "KAFKA_DOWNLOAD_FAILED",
    fill: async (building) => {
      onProgress?.(`fetching Kafka ${version} from Maven Central (about 45 MB)`);
      await copyJars({ pom: POM, folder: building, java, env, ...(signal && { signal }) });
      onProgress?.(`Kafka ${version} is fetched`);
    },
  });
  const jars = files.filter((name) => name.endsWith(".jar")).map((name) => join(folder, name));
  return { version, java, jars };
}

function versionIn(pom: string): string {
  const version = /<kafka\.version>([^<]+)</.exec(pom)?.[1];
  if (version === undefined) throw new Error(`${POM} has no property kafka.version`);
  return version;
}
