// The same loads on stacks that differ, in turns, so that a slow minute of the machine meets all of them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Stack, type StackOptions, startStack } from "@ordermesh/stack";
import { issueCustomerTokens } from "../load/customers.ts";
import { type LoadOptions, runLoad } from "../load/load.ts";
import type { LoadReport } from "../load/report.ts";
import type { Progress } from "../progress.ts";
import { releaseOnSignal } from "../release-on-signal.ts";

export interface TurnsOptions<Contender extends string, Load extends string> {
  /** What distinguishes each stack. Their names become folders. */
  readonly contenders: Readonly<Record<Contender, Omit<StackOptions, "dataDir" | "port">>>;
  /** Orders per second of each load; as fast as they are answered when undefined. */
  readonly loads: Readonly<Record<Load, number | undefined>>;
  readonly rounds: number;
  readonly clients: number;
  readonly seconds: number;
  readonly progress: Progress;
}

/** One measurement. */
export interface Turn<Contender extends string, Load extends string> {
  readonly contender: Contender;
  readonly load: Load;
  readonly report: LoadReport;
}

interface Entrant<Contender> {
  readonly contender: Contender;
  readonly stack: Stack;
  readonly tokens: readonly string[];
}

const [firstWarmupSeconds, warmupSeconds] = [10, 2];
const drainSeconds = 60;

/** Starts all stacks on folders of their own, measures, and leaves nothing of them. */
export async function runInTurns<Contender extends string, Load extends string>(
  options: TurnsOptions<Contender, Load>,
): Promise<Turn<Contender, Load>[]> {
  const { progress, rounds, contenders, loads } = options;
  const folder = await mkdtemp(join(tmpdir(), "ordermesh-bench-"));
  const entrants: Entrant<Contender>[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(entrants.map(({ stack }) => stack.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  const forget = releaseOnSignal({ release });
  try {
    for (const [contender, different] of entriesOf(contenders)) {
      progress.show(`starting the stack ${contender}`);
      const dataDir = join(folder, contender);
      const stack = await startStack({ ...different, dataDir, port: 0 });
      entrants.push({ contender, stack, tokens: await issueCustomerTokens(dataDir) });
    }
    const turns: Turn<Contender, Load>[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      progress.say(`round ${round} of ${rounds}`);
      const warmup = round === 1 ? firstWarmupSeconds : warmupSeconds;
      for (const [load, rate] of entriesOf(loads)) {
        // Each goes first as often as the others: the machine drifts within a round too.
        for (const entrant of round % 2 === 1 ? entrants : entrants.toReversed()) {
          const report = await runLoad(loadOn(entrant, options, rate, warmup));
          turns.push({ contender: entrant.contender, load, report });
        }
      }
    }
    progress.clear();
    return turns;
  } finally {
    forget();
    await release();
  }
}

/** The reports of one stack under one load. */
export function reportsOf<Contender extends string, Load extends string>(
  turns: readonly Turn<Contender, Load>[],
  contender: Contender,
  load: Load,
): LoadReport[] {
  return turns.flatMap((turn) => (turn.contender === contender && turn.load === load ? [turn.report] : []));
}

/** Of an even number the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** Orders that were refused or failed. */
export function failedOrders(reports: readonly LoadReport[]): number {
  return reports.flatMap(({ errors }) => Object.values(errors)).reduce((sum, count) => sum + count, 0);
}

const entriesOf = <Key extends string, Value>(record: Readonly<Record<Key, Value>>): [Key, Value][] =>
  Object.entries(record) as [Key, Value][];

function loadOn<Contender extends string>(
  { stack, tokens }: Entrant<Contender>,
  { clients, seconds, progress }: Pick<LoadOptions, "clients" | "seconds" | "progress">,
  rate: number | undefined,
  warmup: number,
): LoadOptions {
  return {
    stack: stack.state(),
    tokens,
    clients,
    seconds,
    rate,
    lines: 2,
    warmupSeconds: warmup,
    baselineSeconds: 1,
    baselineConnections: 8,
    drainSeconds,
    progress,
  };
}
