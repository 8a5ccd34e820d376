import { spawn } from "node:child_process";
import { chown, mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Account, commandFor } from "./account.ts";

export interface InitialiseOptions {
  readonly initdb: string;
  readonly account: Account;
  readonly dataDir: string;
  readonly password: string;
}

/** Creates the cluster unless it exists. An interrupted run leaves nothing that a later one would take for whole. */
export async function initialise(options: InitialiseOptions): Promise<boolean> {
  const { account, dataDir } = options;
  if (await exists(join(dataDir, "PG_VERSION"))) return false;
  const building = `${dataDir}.new`;
  await rm(building, { recursive: true, force: true });
  await mkdir(building, { recursive: true, mode: 0o700 });
  await giveTo(account, building);
  const secrets = await mkdtemp(join(tmpdir(), "ordermesh-initdb-"));
  try {
    const passwordFile = join(secrets, "password");
    await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
    await Promise.all([giveTo(account, secrets), giveTo(account, passwordFile)]);
    await runInitdb(options, building, passwordFile);
  } finally {
    await rm(secrets, { recursive: true, force: true });
  }
  await rm(dataDir, { recursive: true, force: true });
  await rename(building, dataDir);
  return true;
}

async function runInitdb(options: InitialiseOptions, directory: string, passwordFile: string): Promise<void> {
  const command = commandFor(options.account, options.initdb, [
    `--pgdata=${directory}`,
    "--username=postgres",
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
  ]);
  const { file, args, ...identity } = command;
  const child = spawn(file, args, { ...identity, env: serverEnvironment(), stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`initdb failed (exit code ${code}): ${complaint.trim()}`)),
    );
  });
}

/** The server gets no variable of the caller's that could change its behaviour (PGDATA, PGPORT, LC_ALL and the like). */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], LC_ALL: "C", LANG: "C", TZ: "UTC" };
}

async function giveTo(account: Account, path: string): Promise<void> {
  if (account.uid !== undefined && account.gid !== undefined) await chown(path, account.uid, account.gid);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
