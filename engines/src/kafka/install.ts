import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { EngineError } from "./engine-error.ts";
import { findJava } from "./java.ts";
import { copyJars } from "./maven.ts";
import type { KafkaInstallation } from "./model.ts";

const POM = fileURLToPath(new URL("../../kafka/pom.xml", import.meta.url));
const ENGINES = fileURLToPath(new URL("../../../.engines", import.meta.url));
const MANIFEST = "jars.json";

/** Written last before the folder gets its name: what a complete folder holds, and which pom.xml it was made from. */
const manifestShape = z.object({ pom: z.string(), jars: z.record(z.string(), z.number()) });

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
  const fingerprint = createHash("sha256").update(pom).digest("hex");
  const installed = await completeJars(folder, fingerprint);
  if (installed !== undefined) return { version, java, jars: installed };

  onProgress?.(`fetching Kafka ${version} from Maven Central (about 45 MB)`);
  const building = await makeFolderBeside(folder);
  try {
    await copyJars({ pom: POM, folder: building, java, env, ...(signal && { signal }) });
    await writeManifest(building, fingerprint);
    // mkdtemp made it private, but one account may install and another run.
    await chmod(building, 0o755);
    await moveInto(building, folder, fingerprint);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  const jars = await completeJars(folder, fingerprint);
  if (jars === undefined) throw new EngineError("KAFKA_DOWNLOAD_FAILED", `the jars in ${folder} are not complete`);
  onProgress?.(`Kafka ${version} is installed: ${jars.length} jars`);
  return { version, java, jars };
}

async function makeFolderBeside(folder: string): Promise<string> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    return await mkdtemp(`${folder}.new-`);
  } catch (cause) {
    const message = `Kafka's jars are not there yet, and there is no place for them: ${(cause as Error).message}`;
    throw new EngineError("KAFKA_DOWNLOAD_FAILED", message, { cause });
  }
}

function versionIn(pom: string): string {
  const version = /<kafka\.version>([^<]+)</.exec(pom)?.[1];
  if (version === undefined) throw new Error(`${POM} has no property kafka.version`);
  return version;
}

/** The jars, unless one is missing or cut short, or they belong to another pom.xml. */
async function completeJars(folder: string, fingerprint: string): Promise<string[] | undefined> {
  const manifest = await readManifest(join(folder, MANIFEST));
  if (manifest?.pom !== fingerprint) return undefined;
  const jars = Object.entries(manifest.jars).map(([name, size]) => ({ file: join(folder, name), size }));
  const sizes = await Promise.all(jars.map(({ file }) => sizeOf(file)));
  return jars.every(({ size }, index) => sizes[index] === size) ? jars.map(({ file }) => file) : undefined;
}

async function readManifest(file: string): Promise<z.infer<typeof manifestShape> | undefined> {
  try {
    return manifestShape.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    // Missing or broken: the folder is made anew. What may not be read is not ours to replace.
    if ((error as NodeJS.ErrnoException).code === "EACCES") throw error;
    return undefined;
  }
}

async function writeManifest(folder: string, fingerprint: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jar")).sort();
  const sizes = await Promise.all(names.map(async (name) => [name, (await stat(join(folder, name))).size] as const));
  const manifest: z.infer<typeof manifestShape> = { pom: fingerprint, jars: Object.fromEntries(sizes) };
  await writeFile(join(folder, MANIFEST), JSON.stringify(manifest));
}

/** Another process may have installed meanwhile: its folder, when complete, is as good as ours. */
async function moveInto(building: string, folder: string, fingerprint: string): Promise<void> {
  if ((await completeJars(folder, fingerprint)) !== undefined) return;
  await rm(folder, { recursive: true, force: true });
  try {
    await rename(building, folder);
  } catch (error) {
    if ((await completeJars(folder, fingerprint)) === undefined) throw error;
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    () => undefined,
  );
}
