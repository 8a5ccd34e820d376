import { constants, existsSync } from "node:fs";
import { access, chmod, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { kafkaPasswordFile, kafkaUsers } from "../kafka/users.ts";
import { furtherShards, MAX_SHARDS, shardFolder } from "../shards/shard-names.ts";
import { UserError } from "../user-error.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { type FolderLock, tryLock } from "./lock.ts";
import { readJsonFile, writePrivateFile } from "./private-file.ts";

export interface DataFolder {
  readonly layout: Layout;
  release(): void;
}

const FORMAT = 1;

/** Creates the folder when it is missing and takes it for this process. */
export async function openDataFolder(dataDir: string): Promise<DataFolder> {
  const layout = layoutOf(dataDir);
  try {
    await makeFolder(layout.root);
    await access(layout.root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw notWritable(layout.root, cause);
  }
  await checkOurs(layout);
  const lock = await takeLock(layout);
  try {
    // PostgreSQL runs under another account when root starts it, and has to walk through.
    if (process.getuid?.() === 0) await chmod(layout.root, 0o711);
    else await chmod(layout.root, 0o700);
    await rm(layout.state, { force: true }); // Of a stack that was killed.
    await writePrivateFile(layout.marker, `${JSON.stringify({ format: FORMAT })}\n`);
  } catch (cause) {
    lock.release();
    throw notWritable(layout.root, cause);
  }
  return { layout, release: () => lock.release() };
}

/** Removes what a stack has put into the folder, and the folder when nothing else is in it. */
export async function resetDataFolder(dataDir: string): Promise<boolean> {
  const layout = layoutOf(dataDir);
  const found = await stat(layout.root).catch(() => undefined);
  if (found === undefined) return false;
  await checkOurs(layout);
  const lock = await takeLock(layout);
  try {
    for (const [name, path] of Object.entries(layout)) {
      if (name !== "root" && name !== "marker" && name !== "lock") await rm(path, { recursive: true, force: true });
    }
    const shards = furtherShards(MAX_SHARDS).map((shard) => shardFolder(layout, shard));
    // "new": of a first start that was interrupted.
    for (const path of [`${layout.postgres}.new`, ...shards.flatMap((folder) => [folder, `${folder}.new`])]) {
      await rm(path, { recursive: true, force: true });
    }
    for (const user of kafkaUsers) await rm(kafkaPasswordFile(layout, user), { force: true });
    await rm(layout.marker, { force: true });
  } catch (cause) {
    throw notWritable(layout.root, cause);
  } finally {
    lock.release();
  }
  await rm(layout.lock, { force: true });
  if ((await readdir(layout.root)).length === 0) await rm(layout.root, { recursive: true });
  return true;
}

// Node's own recursive mkdir never returns where the system refuses with ENOENT, as below /proc.
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || existsSync(dirname(path))) throw error;
    await makeFolder(dirname(path));
    await makeFolder(path);
  }
}

// A folder with other things in it is never adopted: its mode would be changed, and reset would delete in it.
async function checkOurs(layout: Layout): Promise<void> {
  let names: string[];
  try {
    names = await readdir(layout.root);
  } catch (cause) {
    const notFolder = (cause as NodeJS.ErrnoException).code === "ENOTDIR";
    throw notFolder
      ? new UserError("DATA_NOT_A_FOLDER", `${layout.root} is not a folder`)
      : notWritable(layout.root, cause);
  }
  if (names.length === 0) return;
  const marker = await readJsonFile(layout.marker).catch(() => undefined);
  const format = (marker as { format?: unknown } | undefined)?.format;
  if (format === undefined && names.some((name) => name !== "lock" && name !== "lock-journal")) {
    throw new UserError(
      "DATA_FOREIGN",
      `${layout.root} is not empty and holds no Ordermesh data: choose another folder with --data`,
    );
  }
  if (format !== undefined && format !== FORMAT) {
    throw new UserError(
      "DATA_FORMAT",
      `${layout.root} holds data of another version (format ${String(format)}, this one reads ${FORMAT}): ` +
        "choose another folder with --data, or clear it with npm run reset",
    );
  }
}

async function takeLock(layout: Layout): Promise<FolderLock> {
  let lock: FolderLock | undefined;
  try {
    lock = tryLock(layout.lock);
  } catch (cause) {
    throw notWritable(layout.root, cause);
  }
  if (lock !== undefined) return lock;
  const running = await readFile(layout.state, "utf8").then(
    (text) => JSON.parse(text) as { gatewayUrl?: string; pid?: number },
    () => undefined,
  );
  const where = running?.gatewayUrl === undefined ? "" : ` at ${running.gatewayUrl} (process ${running.pid})`;
  throw new UserError(
    "ALREADY_RUNNING",
    `a stack already runs on ${layout.root}${where}: stop it first, or choose another folder with --data`,
  );
}

function notWritable(root: string, cause: unknown): UserError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UserError("DATA_NOT_WRITABLE", `cannot write to the data folder ${root}: ${reason}`, { cause });
}
