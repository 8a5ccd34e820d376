import { once } from "node:events";
import { createInterface } from "node:readline";
import { EngineError } from "../engine-error.ts";
import { findGo } from "./go.ts";
import type { PinnedModule } from "./modules.ts";
import { startGroup } from "./process-group.ts";

const TAIL_LINES = 30;
const PROGRESS_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;

export interface GoBuild {
  readonly module: PinnedModule;
  readonly version: string;
  /** Where the programs go. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** The arguments of `go build`; whatever they say is part of what the programs are. */
export function buildFlags(module: PinnedModule, version: string): string[] {
  const linker = ["-s", "-w", ...module.linkerFlags(version)].join(" ");
  return ["-mod=readonly", "-trimpath", "-buildvcs=false", `-ldflags=${linker}`];
}

/**
 * Builds all programs of the module at once, for they share packages. The person's own Go settings (proxy, cache) are
 * in force.
 * @throws EngineError GO_MISSING, GO_TOO_OLD or the code of the module, with the end of what go said; the signal's reason
 */
export async function buildPrograms(build: GoBuild): Promise<void> {
  const { module, version, folder, env, onProgress, signal } = build;
  signal?.throwIfAborted();
  const go = await findGo(module.folder, env);
  onProgress?.(`building ${module.what} with Go: ${module.usually} the first time on two idle cores`);
  const begin = Date.now();
  const { group, stderr } = await startGroup({
    file: go,
    // -v names each package that is compiled, which is the only sign of progress that there is.
    args: ["build", "-v", ...buildFlags(module, version), "-o", `${folder}/`, "tool"],
    engine: "go",
    cwd: module.folder,
    // Without C the programs need nothing of the machine they run on, and the build no compiler but Go's.
    env: { ...env, CGO_ENABLED: "0", GOWORK: "off" },
    stdio: ["ignore", "ignore", "pipe"],
    stopTimeoutMs: STOP_TIMEOUT_MS,
  });
  const output = stderr === null ? undefined : follow(stderr);
  const timer = setInterval(() => {
    onProgress?.(`${module.what}: ${output?.packages()} packages compiled after ${secondsSince(begin)} s`);
  }, PROGRESS_MS);
  const abort = () => void group.stop();
  signal?.addEventListener("abort", abort);
  const exit = await group.exited.finally(() => {
    clearInterval(timer);
    signal?.removeEventListener("abort", abort);
  });
  await group.stop(); // Compilers that a killed go has left: they would write into a folder that is removed now.
  await output?.closed;
  signal?.throwIfAborted();
  if (exit.code !== 0) {
    const end = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
    const message = `Go (${go}) could not build ${module.what}, ${end}. It said: ${output?.tail() || "nothing"}`;
    throw new EngineError(module.failure, message);
  }
  onProgress?.(`${module.what} are built, after ${secondsSince(begin)} s`);
}

interface Output {
  readonly closed: Promise<unknown>;
  packages(): number;
  tail(): string;
}

/** Tells the names of packages, of which there are thousands, from what matters when the build fails. */
function follow(stderr: NodeJS.ReadableStream): Output {
  const said: string[] = [];
  let packages = 0;
  const lines = createInterface({ input: stderr }).on("line", (line) => {
    if (/^[\w./~-]+$/.test(line)) packages += 1;
    else said.push(line);
    if (said.length > TAIL_LINES) said.shift();
  });
  return { closed: once(lines, "close"), packages: () => packages, tail: () => said.join("\n") };
}

function secondsSince(begin: number): number {
  return Math.round((Date.now() - begin) / 1000);
}
