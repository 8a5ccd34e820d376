import { delimiter } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { KafkaInstallation } from "./model.ts";

const LOGGING = pathToFileURL(fileURLToPath(new URL("../../kafka/log4j2.properties", import.meta.url))).href;

const always = [
  "-XX:+UseSerialGC",
  "-XX:-UsePerfData",
  "-XX:+ExitOnOutOfMemoryError",
  "-Djava.awt.headless=true",
  `-Dlog4j2.configurationFile=${LOGGING}`,
];

const byProfile = {
  lean: ["-Xms64m", "-Xmx512m", "-XX:TieredStopAtLevel=1"],
  throughput: ["-Xms512m", "-Xmx512m"],
} as const;

export interface JavaCommand {
  readonly file: string;
  readonly args: string[];
  readonly env: NodeJS.ProcessEnv;
}

/** How to run a main class of Kafka. */
export function javaCommand(
  installation: KafkaInstallation,
  profile: keyof typeof byProfile,
  tempFolder: string,
  main: readonly string[],
): JavaCommand {
  return {
    file: installation.java,
    // Native libraries are unpacked there, and stay when the process is killed.
    args: [
      ...byProfile[profile],
      ...always,
      `-Djava.io.tmpdir=${tempFolder}`,
      "-cp",
      installation.jars.join(delimiter),
      ...main,
    ],
    // No variable of the caller's that could change its behaviour (JAVA_TOOL_OPTIONS, KAFKA_OPTS and the like).
    env: { PATH: process.env["PATH"], LC_ALL: "C", LANG: "C", TZ: "UTC" },
  };
}
