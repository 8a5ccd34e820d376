import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { EngineError } from "../engine-error.ts";
import { findOnPath } from "../find-on-path.ts";

const run = promisify(execFile);
/** What the brokers of Kafka 4 need: https://kafka.apache.org/43/operations/java-version/ */
const OLDEST_JAVA = 17;

const howToGet =
  "Install Java 17 or newer (Debian and Ubuntu: apt install openjdk-17-jre-headless; macOS: brew install openjdk), " +
  "or set JAVA_HOME to one";

/**
 * The Java to run brokers with: that of JAVA_HOME if it is new enough, else that of PATH.
 * @throws EngineError JAVA_MISSING or JAVA_TOO_OLD, with what was found where
 */
export async function findJava(env: NodeJS.ProcessEnv): Promise<string> {
  const tried: string[] = [];
  let tooOld = false;
  for (const { source, file } of await candidates(env)) {
    const answer = await askVersion(file);
    const version = parseJavaVersion(answer);
    if (version !== undefined && version >= OLDEST_JAVA) return file;
    tooOld ||= version !== undefined;
    tried.push(`${file} (${source}) is ${version === undefined ? `not usable: ${answer.trim()}` : `Java ${version}`}`);
  }
  const found = tried.length === 0 ? "none on PATH, and JAVA_HOME is not set" : tried.join("; ");
  const code = tooOld ? "JAVA_TOO_OLD" : "JAVA_MISSING";
  throw new EngineError(code, `Kafka brokers need Java ${OLDEST_JAVA} or newer. Found: ${found}. ${howToGet}.`);
}

/** The feature release in what `java -version` prints: 17 of "17.0.15", 8 of "1.8.0_402". Undefined: not understood. */
export function parseJavaVersion(output: string): number | undefined {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(output) ?? [];
  if (first === undefined) return undefined;
  return first === "1" && second !== undefined ? Number(second) : Number(first);
}

/** The JAVA_HOME that a Java program belongs to. */
export async function homeOf(java: string): Promise<string> {
  return join(await realpath(java), "..", "..");
}

async function candidates(env: NodeJS.ProcessEnv): Promise<{ source: string; file: string }[]> {
  const home = env["JAVA_HOME"];
  const onPath = await findOnPath("java", env);
  return [
    ...(home ? [{ source: "JAVA_HOME", file: join(home, "bin", "java") }] : []),
    ...(onPath === undefined ? [] : [{ source: "PATH", file: onPath }]),
  ];
}

/** What it prints, or why it could not be run. */
async function askVersion(java: string): Promise<string> {
  try {
    return (await run(java, ["-version"])).stderr;
  } catch (error) {
    // macOS without Java has a /usr/bin/java that only says so.
    return (error as Error).message;
  }
}
