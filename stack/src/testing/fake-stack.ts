import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StackOptions } from "../options.ts";
import type { LogLine } from "../output/log-line.ts";
import { type Stack, startStack } from "../stack.ts";

const fake = fileURLToPath(new URL("./fake-service.ts", import.meta.url));

/** Options that run the supervisor over stand-ins for the services. */
export const fakeOptions = {
  port: 0,
  programs: { order: fake, payment: fake, inventory: fake, notification: fake, gateway: fake },
  catalogue: 0,
  // Survives the death of processes, which is tested, not that of the machine.
  postgresSettings: { fsync: "off" },
} satisfies Partial<StackOptions>;

export interface StackFixture {
  /** A temporary folder; the data folder is `data` in it. */
  readonly folder: string;
  readonly dataDir: string;
  readonly lines: LogLine[];
  start(options?: Partial<StackOptions>): Promise<Stack>;
  /** Stops what was started and removes the folder. */
  remove(): Promise<void>;
}

export async function createStackFixture(): Promise<StackFixture> {
  const folder = await mkdtemp(join(tmpdir(), "ordermesh-stack-"));
  const dataDir = join(folder, "data");
  const lines: LogLine[] = [];
  const stacks: Stack[] = [];
  return {
    folder,
    dataDir,
    lines,
    start: async (options = {}) => {
      const stack = await startStack({ ...fakeOptions, dataDir, onLog: (line) => lines.push(line), ...options });
      stacks.push(stack);
      return stack;
    },
    remove: async () => {
      await Promise.all(stacks.map((stack) => stack.stop()));
      await rm(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
    },
  };
}
