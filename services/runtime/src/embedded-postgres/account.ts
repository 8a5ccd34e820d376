import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The account that the server runs under; empty for an ordinary user, who runs it under their own. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
  /** True when the account cannot walk to the files, so that it needs a capability to. */
  readonly needsCapability: boolean;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

const SETPRIV = "/usr/bin/setpriv";

/**
 * PostgreSQL refuses to run as root. Started by root it runs as the owner of an existing data folder, else as
 * `postgres` where the machine has that account, else as `nobody`; no account is created.
 */
export async function chooseAccount(dataDir: string, files: readonly string[]): Promise<Account> {
  if (process.getuid?.() !== 0) return { needsCapability: false };
  const { uid, gid } = (await ownerOf(dataDir)) ?? (await lookUp("postgres")) ?? (await lookUp("nobody")) ?? missing();
  const reachable = await Promise.all([dataDir, ...files].map((path) => othersCanReach(path)));
  if (reachable.every(Boolean)) return { uid, gid, needsCapability: false };
  try {
    await access(SETPRIV, constants.X_OK);
  } catch (cause) {
    throw new Error(
      `PostgreSQL does not run as root, and user ${uid} cannot reach ${dataDir}: ` +
        "use a folder that other users can enter, or start as an ordinary user",
      { cause },
    );
  }
  return { uid, gid, needsCapability: true };
}

/** How to run a program under the account. */
export function commandFor(account: Account, file: string, args: readonly string[]): Command {
  if (account.uid === undefined || account.gid === undefined) return { file, args };
  if (!account.needsCapability) return { file, args, uid: account.uid, gid: account.gid };
  // Below a closed home folder such as /root: the server keeps root's right to walk there, and loses the rest.
  const keep = ["--inh-caps", "-all,+dac_override", "--ambient-caps", "-all,+dac_override"];
  const identity = ["--reuid", String(account.uid), "--regid", String(account.gid), "--clear-groups"];
  return { file: SETPRIV, args: [...identity, ...keep, "--", file, ...args] };
}

async function ownerOf(dataDir: string): Promise<{ uid: number; gid: number } | undefined> {
  const found = await stat(dataDir).catch(() => undefined);
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid };
}

async function lookUp(name: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined; // No such account: the caller tries the next.
  }
}

function missing(): never {
  throw new Error("PostgreSQL does not run as root, and there is no account `postgres` or `nobody` to run it under");
}

async function othersCanReach(path: string): Promise<boolean> {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined);
    if (found !== undefined && (found.mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
