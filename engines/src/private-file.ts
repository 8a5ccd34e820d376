import { rename, rm, writeFile } from "node:fs/promises";

/** Writes a file for its owner's eyes only, whole or not at all. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  const building = `${file}.new`;
  // A leftover of a killed process may have other rights, which writing to it would keep.
  await rm(building, { force: true });
  await writeFile(building, text, { mode: 0o600 });
  await rename(building, file);
}
