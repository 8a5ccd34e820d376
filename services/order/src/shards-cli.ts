// Shows how orders spread over the shards, and moves buckets between them.
import { ConfigError, readConfig } from "@ordermesh/runtime/config";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { z } from "zod";
import { formatBuckets, parseBuckets } from "./move/bucket-ranges.ts";
import { abortMoves, type MoverOptions, moveBuckets, resumeMoves } from "./move/move-buckets.ts";
import { MoveError } from "./move/move-error.ts";
import { createJsonReport, createMoveReport, summaryText } from "./move/print-move.ts";
import { spreadText } from "./move/print-spread.ts";
import { readSpread } from "./move/spread.ts";
import { type ShardUrl, shardUrls } from "./shards/shard-urls.ts";

interface MoveCommand {
  readonly buckets?: string;
  readonly to?: string;
  readonly from?: string;
  readonly resume: boolean;
  readonly abort: boolean;
  readonly rate?: number;
  readonly json: boolean;
}

const program = new Command("shards")
  .description("Shows how orders spread over the shards, and moves buckets between them.")
  .showHelpAfterError("(--help lists the options)")
  .exitOverride();

program
  .command("show", { isDefault: true })
  .description("buckets and orders of every shard, the hottest buckets, moves under way")
  .option("--minutes <number>", "how far back recent orders go", wholeNumber(1, 1_440), 10)
  .option("--json", "one JSON object instead of tables", false)
  .action(show);

program
  .command("move")
  .description("move buckets to another shard while orders keep coming; repeat the command to resume it")
  .option("--buckets <list>", "for example 0-511,600")
  .option("--to <shard>", "the shard that gets them")
  .option("--from <shard>", "refuse buckets that are elsewhere; otherwise they are found")
  .option("--resume", "go on with an interrupted move", false)
  .option("--abort", "take an interrupted move back, unless it has switched", false)
  .option("--rate <orders>", "copy at most so many orders per second", wholeNumber(1, 1_000_000))
  .option("--json", "one JSON object per line", false)
  .action(move);

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Given ${text}, allowed a whole number from ${least} to ${most}.`);
  };
}

const readShards = (): readonly ShardUrl[] => readConfig(z.object({ ORDERMESH_SHARDS: shardUrls })).ORDERMESH_SHARDS;

async function show({ minutes, json }: { readonly minutes: number; readonly json: boolean }): Promise<void> {
  const spread = await readSpread(readShards(), minutes);
  console.log(json ? JSON.stringify(spread) : spreadText(spread));
  if (spread.away.length > 0) process.exitCode = 1;
}

async function move(command: MoveCommand): Promise<void> {
  const options: MoverOptions = {
    shards: readShards(),
    report: command.json ? createJsonReport(process.stdout) : createMoveReport(process.stdout),
    ordersPerSecond: command.rate,
    signal: stopSignal(),
  };
  if (command.abort) {
    for (const { source, target, buckets } of await abortMoves(options)) {
      const text = `Taken back: ${buckets.length} buckets (${formatBuckets(buckets, 6)}) stay at ${source}, nothing of them is at ${target}.`;
      console.log(command.json ? JSON.stringify({ event: "aborted", source, target, buckets }) : text);
    }
    return;
  }
  const summaries = command.resume ? await resumeMoves(options) : await moveBuckets(options, requestOf(command));
  if (!command.json) console.log(summaryText(summaries));
  else for (const summary of summaries) console.log(JSON.stringify({ event: "moved", ...summary }));
}

function requestOf({ buckets, to, from }: MoveCommand) {
  if (buckets === undefined || to === undefined) {
    throw new MoveError(
      "OPTION_INVALID",
      "a move needs --buckets and --to, or --resume, or --abort; for example: move --buckets 0-511 --to shard-3",
    );
  }
  return { buckets: parseBuckets(buckets), to, from };
}

/** The first signal stops at the next place where that leaves nothing waiting; the second is taken at its word. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stopping.abort(
        new MoveError("STOPPED", 'stopped; go on with "move --resume", or take it back with "move --abort"'),
      );
    });
  }
  return stopping.signal;
}

/** What stopped the program, where a wait was cut short. */
const reasonOf = (error: unknown): unknown =>
  error instanceof Error && error.name === "AbortError" ? error.cause : error;

try {
  await program.parseAsync();
} catch (error) {
  const reason = reasonOf(error);
  if (reason instanceof CommanderError) process.exitCode = reason.exitCode === 0 ? 0 : 2;
  else if (reason instanceof MoveError || reason instanceof ConfigError) {
    const invalid = reason instanceof ConfigError || reason.code === "OPTION_INVALID";
    process.stderr.write(`${reason instanceof MoveError ? `${reason.code}: ` : ""}${reason.message}\n`);
    process.exitCode = invalid ? 2 : 1;
  } else throw error;
}
