// The commands of the stack as their user runs them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../stack/src/cli.ts", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** Runs a command such as `npm run shards`, by its name, on the stack of the data folder. */
export async function runCommand(dataDir: string, name: string, ...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, name, "--data", dataDir, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return { code, said };
}
