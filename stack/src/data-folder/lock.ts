import { DatabaseSync } from "node:sqlite";

export interface FolderLock {
  release(): void;
}

const BUSY = 5;

/**
 * Takes the folder for this process, or returns undefined when another has it. The lock is one of the operating
 * system's on an open file (SQLite takes it in a portable way), so it ends with the process, however that ends.
 */
export function tryLock(path: string): FolderLock | undefined {
  const file = new DatabaseSync(path, { timeout: 0 });
  try {
    file.exec("PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    file.close();
    if ((error as { errcode?: number }).errcode === BUSY) return undefined;
    throw error;
  }
  return { release: () => file.close() };
}
