import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, open, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { EngineError } from "../engine-error.ts";
import { endPredecessor } from "../predecessor.ts";
import { watchOver } from "../watchdog.ts";
import { drain } from "./drain.ts";
import { environment } from "./environment.ts";
import type { EnvoyExit, EnvoyOptions, EnvoyProcess } from "./model.ts";
import { waitUntilLive } from "./readiness.ts";

const STOP_TIMEOUT_MS = 5_000;

interface Files {
  readonly bootstrap: string;
  readonly log: string;
  /** Envoy writes its admin address there once it listens on it. */
  readonly admin: string;
  readonly pid: string;
}

/**
 * Runs an Envoy until it is stopped, or this process ends in whatever way. Resolves when it is live: its listeners
 * are open, and clusters and secrets that it waits for are there.
 * @throws EngineError ENVOY_CONFIG_INVALID, ENVOY_START_FAILED, both with what Envoy said
 */
export async function startEnvoy(options: EnvoyOptions): Promise<EnvoyProcess> {
  const files = await prepare(options);
  await endPredecessor({
    pidFile: files.pid,
    isIt: (commandLine) => commandLine.includes(` --admin-address-path ${files.admin} `),
    what: `the Envoy ${options.name} of ${options.folder}`,
    failure: "ENVOY_START_FAILED",
  });
  // Of the predecessor: it would be taken for the address of the new one.
  await rm(files.admin, { force: true });
  const log = await open(files.log, "a", 0o600);
  const logFrom = (await log.stat()).size;
  // Its own process group: a Ctrl-C in the terminal reaches the supervisor only, which stops in its own order. The log
  // is handed over, not piped: an Envoy that outlives this process for a moment still has somewhere to write.
  const child = spawn(options.installation.binary, commandLine(options, files), {
    cwd: options.folder,
    env: environment(),
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  let asked = false;
  const exited = new Promise<EnvoyExit>((done, reject) => {
    child.on("error", reject);
    child.once("exit", (code, signal) => done({ code, signal, asked }));
  }).finally(() => Promise.all([files.admin, files.pid].map((file) => rm(file, { force: true }))));
  exited.catch(() => undefined); // Whoever waits for it hears of it; nobody may be waiting yet.
  await log.close();
  const { pid } = child;
  if (pid === undefined) return exited.then(unstartable(options), unstartable(options));

  const callOff = watchOver({ pid, engine: "envoy", stopTimeoutMs: STOP_TIMEOUT_MS });
  exited.then(callOff, callOff);
  try {
    await writeFile(files.pid, String(pid), { mode: 0o600 });
    const admin = await waitUntilLive({ ...options, files, logFrom, exited });
    exited.then((exit) => options.onExit?.(exit));
    const { address, ...questions } = admin;
    return {
      ...questions,
      name: options.name,
      pid,
      adminAddress: address,
      logFile: files.log,
      exited,
      kill: (signal) => void child.kill(signal),
      stop: async ({ drainTimeoutMs = 0 } = {}) => {
        asked = true;
        if (drainTimeoutMs > 0) await drain(admin, { timeoutMs: drainTimeoutMs, exited });
        await stop(child, exited);
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    await exited;
    throw error;
  }
}

async function prepare({ name, folder, bootstrap }: EnvoyOptions): Promise<Files> {
  if (!/^[\w.-]+$/.test(name)) throw new RangeError(`an Envoy cannot be named ${JSON.stringify(name)}`);
  const file = (ending: string) => join(resolve(folder), `${name}${ending}`);
  const files = { log: file(".log"), admin: file(".admin"), pid: file(".pid") };
  await mkdir(folder, { recursive: true });
  if (typeof bootstrap === "string") return { ...files, bootstrap: resolve(bootstrap) };
  await writeFile(file(".json"), JSON.stringify(bootstrap, undefined, 2), { mode: 0o600 });
  return { ...files, bootstrap: file(".json") };
}

function commandLine({ adminPort = 0, concurrency = 1, logLevel = "warning" }: EnvoyOptions, files: Files): string[] {
  const admin = { address: { socket_address: { address: "127.0.0.1", port_value: adminPort } } };
  return [
    ...["-c", files.bootstrap, "--config-yaml", JSON.stringify({ admin }), "--admin-address-path", files.admin],
    ...["--concurrency", String(concurrency), "-l", logLevel],
    // Hot restart shares memory between all Envoys of a machine that have the same base id, and leaves it behind.
    "--disable-hot-restart",
    // When it drains it says so to every connection at once, not to some of them over ten minutes.
    ...["--drain-strategy", "immediate"],
  ];
}

function unstartable({ name, installation }: EnvoyOptions): (cause: unknown) => never {
  return (cause) => {
    const message = `${name} did not start: ${installation.binary} cannot be run: ${(cause as Error).message}`;
    throw new EngineError("ENVOY_START_FAILED", message, { cause });
  };
}

async function stop(child: ChildProcess, exited: Promise<EnvoyExit>): Promise<void> {
  child.kill("SIGTERM");
  // One that was stopped by a signal sees no other until it goes on.
  child.kill("SIGCONT");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited.finally(() => clearTimeout(timer));
}
