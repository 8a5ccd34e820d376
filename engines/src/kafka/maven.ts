import { EngineError } from "../engine-error.ts";
import { findOnPath } from "../find-on-path.ts";
import { runInstaller } from "../run-installer.ts";
import { homeOf } from "./java.ts";

export interface CopyJars {
  readonly pom: string;
  readonly folder: string;
  readonly java: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/**
 * Lets Maven copy what the pom.xml lists, with its dependencies, into the folder. The person's own Maven settings
 * (mirror, proxy) are in force.
 * @throws EngineError MAVEN_MISSING or KAFKA_DOWNLOAD_FAILED; the signal's reason
 */
export async function copyJars({ pom, folder, java, env, signal }: CopyJars): Promise<void> {
  signal?.throwIfAborted();
  const maven = await findOnPath("mvn", env);
  if (maven === undefined) {
    throw new EngineError(
      "MAVEN_MISSING",
      "Kafka's jars are not there yet, and Maven, which fetches them once, is not on PATH. Install Maven (Debian and " +
        "Ubuntu: apt install maven; macOS: brew install maven).",
    );
  }
  const goals = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${folder}`];
  const { code, said } = await runInstaller({
    file: maven,
    args: ["-B", "-q", "-f", pom, ...goals],
    env: { ...env, JAVA_HOME: await homeOf(java) },
    signal,
  });
  if (code !== 0) {
    throw new EngineError(
      "KAFKA_DOWNLOAD_FAILED",
      `Maven (${maven}) could not fetch Kafka's jars, exit code ${code}. It said: ${said}`,
    );
  }
}
