import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { fetchRangeData } from "./fetch-range-data.ts";

let server: Server;
let url: string;
let asked: { path: string | undefined; parameters: Record<string, string> } | undefined;
let answer: { status: number; body: unknown };

beforeEach(async () => {
  asked = undefined;
  server = createServer(async (request, response) => {
    asked = { path: request.url, parameters: Object.fromEntries(new URLSearchParams(await text(request))) };
    response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const query = { query: "latency_bucket", rangeMs: 3_600_000, stepMs: 30_000, endMs: 1_800_000_000_000 };

describe("fetchRangeData", () => {
  it("asks query_range for the range that ends then, and reads the answer", async () => {
    const values = [
      [1, "5"],
      [31, "9"],
    ];
    answer = {
      status: 200,
      body: { status: "success", data: { resultType: "matrix", result: [{ metric: { le: "5" }, values }] } },
    };
    const series = await fetchRangeData({ url: `${url}/prometheus`, ...query });
    expect(asked).toEqual({
      path: "/prometheus/api/v1/query_range",
      parameters: { query: "latency_bucket", start: "1799996400", end: "1800000000", step: "30" },
    });
    expect(series).toEqual([{ labels: { le: "5" }, growth: [{ atSeconds: 31, seconds: 30, count: 4 }] }]);
  });

  it("repeats what Prometheus says of a wrong query", async () => {
    answer = { status: 400, body: { status: "error", errorType: "bad_data", error: "unclosed left parenthesis" } };
    await expect(fetchRangeData({ url, ...query })).rejects.toThrow(
      new UsageError(`${url}: Prometheus says: unclosed left parenthesis`),
    );
  });

  it("names a server that cannot be reached", async () => {
    await new Promise((resolve) => server.close(resolve));
    await expect(fetchRangeData({ url, ...query })).rejects.toThrow(`${url} cannot be reached: connect ECONNREFUSED`);
  });

  it("refuses what is no address", async () => {
    await expect(fetchRangeData({ url: "localhost 9090", ...query })).rejects.toThrow(
      new UsageError("--prometheus localhost 9090: not an address; allowed: http://host:port"),
    );
  });
});
