import { resetDataFolder } from "../data-folder/folder.ts";

/** `npm run reset`: clears the data of a stack that does not run. */
export async function reset(options: { readonly data: string }): Promise<void> {
  const cleared = await resetDataFolder(options.data);
  process.stdout.write(cleared ? `Cleared ${options.data}.\n` : `There is nothing in ${options.data}.\n`);
}
