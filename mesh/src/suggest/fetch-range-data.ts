// Asks a Prometheus server for range data.
import { UsageError } from "../exit-codes.ts";
import { parseRangeData, type Series } from "./range-data.ts";

export interface RangeQuery {
  /** Address of the server, such as `http://127.0.0.1:9090`. */
  readonly url: string;
  /** Selects the buckets of a histogram as they are, without `rate` or `sum`. */
  readonly query: string;
  readonly rangeMs: number;
  readonly stepMs: number;
  readonly endMs: number;
}

const timeoutMs = 60_000;

/** @throws UsageError when the server cannot be reached or refuses the query */
export async function fetchRangeData({ url, query, rangeMs, stepMs, endMs }: RangeQuery): Promise<Series[]> {
  const address = addressOf(url);
  const parameters = {
    query,
    start: String((endMs - rangeMs) / 1000),
    end: String(endMs / 1000),
    step: String(stepMs / 1000),
  };
  try {
    const answer = await fetch(address, {
      method: "POST",
      body: new URLSearchParams(parameters),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return parseRangeData(await answer.text(), url);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new UsageError(`${url} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function addressOf(url: string): URL {
  if (!URL.canParse(url)) throw new UsageError(`--prometheus ${url}: not an address; allowed: http://host:port`);
  return new URL("api/v1/query_range", url.endsWith("/") ? url : `${url}/`);
}
