// The caller's side of an edge, ready to call: a client at each of its proxies.
import { type Bed, type BedInstance, callersOf, serversOf } from "./bed.ts";
import type { Behaviour } from "./behaviour.ts";
import { type CallResult, createTestClient, type TestClient } from "./client.ts";
import { type Counters, outboundCounters } from "./counters.ts";
import type { Edge } from "./edges.ts";
import type { TestServer } from "./test-server.ts";
import { until } from "./until.ts";

export interface Line {
  readonly proxy: BedInstance;
  readonly client: TestClient;
  readonly counters: () => Promise<Counters>;
}

export interface Lines {
  readonly edge: Edge;
  /** The first proxy of the caller. */
  readonly first: Line;
  readonly all: readonly Line[];
  readonly servers: readonly TestServer[];
  /** Lets every server behave so; well, where nothing is said. */
  behave(behaviour?: Behaviour): void;
  /** Tries that reached any server. */
  tries(): number;
  /** Tries of one call, at all servers. */
  triesOf(call: CallResult): number;
}

/** How long a bed of healthy servers may take until every host was reached. */
const connectMs = 10_000;

/**
 * Runs `use` with clients of the edge whose connections are open to the last host, servers that behave well and counts
 * that are zero.
 */
export async function withLines<T>(bed: Bed, edge: Edge, use: (lines: Lines) => Promise<T>): Promise<T> {
  const servers = serversOf(bed, edge.workload);
  const all = callersOf(bed, edge.caller, edge.workload).map((proxy): Line => {
    const { address, authority } = proxy.outlet;
    const client = createTestClient(address, authority === undefined ? {} : { authority });
    return { proxy, client, counters: () => outboundCounters([proxy], edge.workload) };
  });
  const [first] = all;
  if (first === undefined) throw new Error(`no proxy of ${edge.caller} reaches ${edge.workload}`);
  const behave = (behaviour: Behaviour = {}): void => {
    for (const server of servers) server.behave(behaviour);
  };
  const clear = (): void => {
    for (const server of servers) server.clearCounts();
  };
  try {
    behave();
    for (const { client } of all) {
      clear();
      await connect(client, servers, edge);
    }
    clear();
    return await use({
      edge,
      first,
      all,
      servers,
      behave,
      tries: () => servers.reduce((sum, server) => sum + server.tries(), 0),
      triesOf: ({ id }) => servers.reduce((sum, server) => sum + server.triesOf(id), 0),
    });
  } finally {
    behave();
    for (const { client } of all) client.close();
  }
}

/** @throws Error when a host stays out of reach, with what the last call ended with */
async function connect(client: TestClient, servers: readonly TestServer[], edge: Edge): Promise<void> {
  const [{ declared }] = edge.calls;
  let last: CallResult | undefined;
  const reached = await until(async () => {
    last = await client.call(declared.path, { deadlineMs: 5_000 });
    return servers.every((server) => server.tries() > 0);
  }, connectMs);
  if (!reached) {
    throw new Error(
      `${edge.caller} does not reach every host of ${edge.workload}: ${declared.path} ended with ` +
        `${last?.status ?? "nothing"} ${last?.details ?? ""}`,
    );
  }
}
