import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { EngineError } from "../engine-error.ts";
import { findOnPath } from "../find-on-path.ts";

const run = promisify(execFile);

const HOW_TO_GET =
  "Install it from https://go.dev/dl/ (macOS: brew install go) and put it on PATH. Only the suites that need a real " +
  "Istio do without it: everything else, the proofs on real Envoys included, works";

/**
 * The `go` command of the PATH in `env`, new enough for the module in the folder. An older one that may fetch the Go
 * that a module asks for (GOTOOLCHAIN=auto, its default) is new enough.
 * @throws EngineError GO_MISSING or GO_TOO_OLD, with what was found
 */
export async function findGo(moduleFolder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const needed = await neededVersion(moduleFolder);
  const go = await findOnPath("go", env);
  if (go === undefined) {
    throw new EngineError("GO_MISSING", `Istio is built with Go ${needed}, and no go is on PATH. ${HOW_TO_GET}.`);
  }
  const answer = await askVersion(go, moduleFolder, env);
  const found = /\bgo(\d+\.\d+(?:\.\d+)?)\b/.exec(answer.text)?.[1];
  if (answer.ok && found !== undefined && !isOlder(found, needed)) return go;
  const tooOld = found !== undefined || /requires go >=/.test(answer.text);
  throw new EngineError(
    tooOld ? "GO_TOO_OLD" : "GO_MISSING",
    `Istio is built with Go ${needed} or newer. Found: ${go}, which says: ${answer.text.trim() || "nothing"}. ${HOW_TO_GET}.`,
  );
}

async function neededVersion(moduleFolder: string): Promise<string> {
  const version = /^go (\d+\.\d+(?:\.\d+)?)$/m.exec(await readFile(join(moduleFolder, "go.mod"), "utf8"))?.[1];
  if (version === undefined) throw new Error(`${join(moduleFolder, "go.mod")} does not name its Go version`);
  return version;
}

/** Asked in the folder, for there it may be another than elsewhere. */
async function askVersion(
  go: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly ok: boolean; readonly text: string }> {
  try {
    return { ok: true, text: (await run(go, ["version"], { cwd, env: { ...env, GOWORK: "off" } })).stdout };
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    return { ok: false, text: stderr || message };
  }
}

/** Compares "1.26.0" with "1.26" by their numbers. */
function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => text.split(".").map(Number));
  for (const [index, number] of (right ?? []).entries()) {
    const difference = (left?.[index] ?? 0) - number;
    if (difference !== 0) return difference < 0;
  }
  return false;
}
