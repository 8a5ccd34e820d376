// `mesh suggest`
import { readFile } from "node:fs/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { type GlobalOptions, openMesh } from "../context.ts";
import { exitCodes, UsageError } from "../exit-codes.ts";
import { parseDuration } from "../files/values.ts";
import { findMethod } from "../model/catalog.ts";
import { type Mesh, workloadsOf } from "../model/mesh.ts";
import { examplesText } from "../output/examples.ts";
import { printResult } from "../output/print.ts";
import { fetchRangeData } from "../suggest/fetch-range-data.ts";
import type { Measurement } from "../suggest/measured.ts";
import { formatSuggestions } from "../suggest/print-suggestions.ts";
import { parseRangeData } from "../suggest/range-data.ts";
import { readBench } from "../suggest/read-bench.ts";
import { readSeries } from "../suggest/read-range-data.ts";
import { suggest } from "../suggest/suggest.ts";

interface SuggestOptions extends GlobalOptions {
  readonly prometheus?: string;
  readonly rangeData?: string;
  readonly bench?: string;
  readonly call?: string;
  readonly query: string;
  readonly range: number;
  readonly step: number;
  readonly caller?: string;
  readonly callerLabel?: string;
  readonly serviceLabel?: string;
  readonly methodLabel?: string;
  readonly unit?: "ms" | "s";
  readonly quantile: number;
  readonly factor: number;
  readonly headroom: number;
}

const envoyBuckets = '{__name__=~"envoy_cluster_grpc_.+_upstream_rq_time_bucket"}';

export const suggestCommand = new Command("suggest")
  .description("proposes timeouts, limits and budgets from what was measured; writes nothing")
  .option("--prometheus <url>", "ask this Prometheus server for range data")
  .option("--range-data <file>", "a saved answer of Prometheus' /api/v1/query_range")
  .option("--bench <file>", "the JSON report of a load run; --call says of what")
  .option("--call <call>", "caller and method of --bench: CALLER:package.Service/Method")
  .option("--query <promql>", "buckets of a latency histogram, without rate or sum", envoyBuckets)
  .addOption(
    new Option("--range <duration>", "how far back --prometheus looks").argParser(duration).default(21_600_000, "6h"),
  )
  .addOption(
    new Option("--step <duration>", "from one sample to the next; the peak rate is over one step")
      .argParser(duration)
      .default(60_000, "1m"),
  )
  .option("--caller <workload>", "who calls, where no label says so")
  .option("--caller-label <name>", "label that holds the workload that calls")
  .option("--service-label <name>", "label that holds the gRPC service, its host or its workload")
  .option("--method-label <name>", "label that holds the method, or the whole path")
  .option("--unit <unit>", "of the buckets, ms or s, where the name of the metric does not say it", unit)
  .option("--quantile <percent>", "share of requests that the timeout must leave alone", percentage, 99.9)
  .option("--factor <number>", "what latencies are multiplied by", atLeastOne, 2)
  .option("--headroom <number>", "what requests under way at once are multiplied by", atLeastOne, 2)
  .addHelpText(
    "after",
    `${examplesText([
      ["suggest --prometheus http://127.0.0.1:9090 --range 24h", "from Envoy's gRPC statistics of a day"],
      [
        "suggest --range-data answer.json --caller web",
        "from a saved answer, of proxies that carry no label of theirs",
      ],
      ["suggest --bench report.json --call web:shop.v1.Shop/Buy", "from the report of a load run"],
    ])}\n\nExit code 1: nothing could be proposed for something that was measured; it is named with what it lacks.`,
  )
  .action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<SuggestOptions>();
    const mesh = await openMesh(options);
    const measurement = await measure(mesh, options);
    if (measurement.measured.length === 0) {
      const why = measurement.ignored.length > 0 ? `: ${measurement.ignored.join("; ")}` : ": no series";
      throw new UsageError(`nothing that was measured is about a call of this mesh${why}`);
    }
    const suggestions = suggest(mesh, measurement, options);
    printResult(options.json, suggestions, () => formatSuggestions(mesh.catalog, suggestions));
    if (suggestions.refusals.length > 0) process.exitCode = exitCodes.found;
  });

async function measure(mesh: Mesh, options: SuggestOptions): Promise<Measurement> {
  const { prometheus, rangeData, bench, query, range, step, caller, unit } = options;
  if ([prometheus, rangeData, bench].filter((source) => source !== undefined).length !== 1) {
    throw new UsageError("say where the figures are: one of --prometheus URL, --range-data FILE, --bench FILE");
  }
  if (bench !== undefined) {
    const measured = readBench(await readFile(bench, "utf8"), bench, callOf(mesh, options.call));
    return { measured: [measured], ignored: [] };
  }
  const series =
    prometheus === undefined
      ? parseRangeData(await readFile(rangeData ?? "", "utf8"), rangeData ?? "")
      : await fetchRangeData({ url: prometheus, query, rangeMs: range, stepMs: step, endMs: Date.now() });
  const labels = { caller: options.callerLabel, service: options.serviceLabel, method: options.methodLabel };
  return readSeries(mesh, series, { labels, caller, unit });
}

function callOf(mesh: Mesh, text: string | undefined): { caller: string; service: string; method: string } {
  const [, caller = "", service = "", method = ""] = /^([^:]+):([^/]+)\/(.+)$/.exec(text ?? "") ?? [];
  if (findMethod(mesh.catalog, service, method) === undefined) {
    throw new UsageError(
      `--call ${text ?? "is missing: the report does not say what was called"}; allowed: CALLER:package.Service/Method, with a method of the protos`,
    );
  }
  if (!workloadsOf(mesh).includes(caller)) {
    throw new UsageError(`--call ${text}: "${caller}" is no workload; allowed: ${workloadsOf(mesh).join(", ")}`);
  }
  return { caller, service, method };
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError("allowed: a duration such as 30s, 5m or 24h");
  return ms;
}

function unit(text: string): "ms" | "s" {
  if (text === "ms" || text === "s") return text;
  throw new InvalidArgumentError("allowed: ms or s");
}

function percentage(text: string): number {
  const value = Number(text);
  if (!(value >= 50 && value < 100)) throw new InvalidArgumentError("allowed: from 50 to below 100, such as 99.9");
  return value;
}

function atLeastOne(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 100)) throw new InvalidArgumentError("allowed: a number from 1 to 100");
  return value;
}
