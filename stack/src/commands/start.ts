import type { StackOptions } from "../options.ts";
import { describeStack } from "../output/banner.ts";
import { formatLogLine, isProblem } from "../output/log-line.ts";
import type { Replicas } from "../processes/topology.ts";
import { type Stack, startStack } from "../stack.ts";
import { chooseEventLog, type EventLogFlags } from "./event-log-option.ts";
import { progressLines } from "./progress.ts";
import { onStopRequest } from "./stop-signals.ts";

export interface StartCommandOptions extends EventLogFlags {
  readonly port: number;
  readonly data: string;
  readonly replicas: Replicas;
  readonly shards?: number;
  readonly mesh: boolean;
  readonly quiet: boolean;
}

/** `npm start`: serves until it is told to stop. */
export async function start(options: StartCommandOptions): Promise<void> {
  const eventLog = chooseEventLog(options);
  const out = process.stdout;
  // A reader that goes away (| head) must not take the platform with it.
  out.on("error", () => undefined);
  const giveUp = new AbortController();
  const stopRequest = new Promise<void>((resolve) => {
    onStopRequest((reason) => {
      out.write(`\nStopping (${reason}) …\n`);
      giveUp.abort();
      resolve();
    });
  });
  const stackOptions: StackOptions = {
    dataDir: options.data,
    port: options.port,
    replicas: options.replicas,
    ...(eventLog === undefined ? {} : { eventLog }),
    ...(options.shards === undefined ? {} : { shards: options.shards }),
    redis: options.engines,
    mesh: options.mesh,
    signal: giveUp.signal,
    ...(options.quiet ? {} : { runPhase: progressLines(out) }),
    onLog: (line) => {
      if (line.level === "debug" || line.level === "trace" || (options.quiet && !isProblem(line))) return;
      out.write(`${formatLogLine(line, out)}\n`);
    },
  };
  let stack: Stack;
  try {
    stack = await startStack(stackOptions);
  } catch (error) {
    if (giveUp.signal.aborted) return;
    throw error;
  }
  out.write(`${describeStack(stack.state(), out)}\n`);
  await stopRequest;
  await stack.stop();
  out.write("Stopped.\n");
}
