// Only workloads of the mesh get as far as authorization: by mutual TLS, both ways.
import { createAuthority } from "@ordermesh/engines/envoy";
import { type Mesh, spiffeId, workloadsOf } from "../../model/mesh.ts";
import {
  type Bed,
  type BedInstance,
  type BedPlan,
  callersOf,
  type Identity,
  instancesOf,
  withBed,
} from "../bed/bed.ts";
import { createTestClient, type TestClient } from "../bed/client.ts";
import { counting, inboundCounters, outboundCounters, showCounters } from "../bed/counters.ts";
import { directClient } from "../bed/direct-client.ts";
import { type Edge, edgesOf, nameOf } from "../bed/edges.ts";
import { sendCalls } from "../bed/load.ts";
import { wholePlan } from "../bed/plan.ts";
import { describeStatuses } from "../bed/tally.ts";
import { type Check, type CheckContext, type Finding, verdictOf } from "../check.ts";

const attempts = 3;
const deadlineMs = 5_000;

export const identityCheck: Check = {
  name: "identity",
  claim: "calls in plaintext, without a certificate or with one of another authority are refused, and so are impostors",
  run: async (context) => [...(await intruders(context)), ...(await impostors(context))],
};

interface Intruder {
  readonly what: string;
  readonly client: (address: string) => TestClient;
  /** Of which at least one has to grow. */
  readonly counters: readonly string[];
}

async function intruders({ mesh, startBed }: CheckContext): Promise<Finding[]> {
  return withBed(startBed, wholePlan(mesh), async (bed) => {
    const findings: Finding[] = [];
    for (const edge of onePerWorkload(mesh)) {
      const [instance] = instancesOf(bed, edge.workload);
      if (instance === undefined) continue;
      for (const intruder of await intrudersAs(mesh, edge)) findings.push(await refuses(instance, edge, intruder));
      findings.push(await accepts(bed, instance, mesh, edge));
    }
    return findings;
  });
}

/** All of them would be allowed to call, were they who they say they are. */
async function intrudersAs(mesh: Mesh, { caller }: Edge): Promise<Intruder[]> {
  const { trustDomain } = mesh.settings.value;
  const foreign = await createAuthority({ trustDomain });
  const { certificatePem, privateKeyPem } = await foreign.issue({ spiffeId: spiffeId(mesh, caller) });
  const forged: Identity = { authorityPem: foreign.caPem, certificatePem, privateKeyPem };
  return [
    {
      what: "plaintext",
      client: (address) => createTestClient(address),
      counters: ["ssl.connection_error", "no_filter_chain_match"],
    },
    {
      what: "TLS without a certificate",
      client: (address) => directClient(address, undefined),
      counters: ["ssl.fail_verify_no_cert", "ssl.connection_error"],
    },
    {
      what: `a certificate of ${caller} from another authority`,
      client: (address) => directClient(address, forged),
      counters: ["ssl.fail_verify_error"],
    },
  ];
}

async function refuses(instance: BedInstance, edge: Edge, { what, client, counters }: Intruder): Promise<Finding> {
  const intruding = client(instance.inbound ?? "");
  instance.server?.clearCounts();
  const { result: results, grown } = await counting(
    () => inboundCounters([instance]),
    async () => {
      try {
        return await sendCalls(attempts, 1, () => intruding.call(edge.calls[0].declared.path, { deadlineMs }));
      } finally {
        intruding.close();
      }
    },
  );
  const tries = instance.server?.tries() ?? 0;
  return {
    subject: `${edge.workload}: ${what}`,
    expected: "refused before any request is read",
    from: ["PeerAuthentication STRICT, which every mesh has"],
    saw: `${describeStatuses(results)}; ${tries} at the server`,
    counters: showCounters(grown, counters),
    verdict: verdictOf(
      tries === 0 &&
        results.every(({ status }) => status === "UNAVAILABLE") &&
        counters.some((name) => (grown.get(name) ?? 0) > 0),
    ),
  };
}

/** The same way of calling, with the right certificate: what was refused above was refused for the certificate. */
async function accepts(bed: Bed, instance: BedInstance, mesh: Mesh, edge: Edge): Promise<Finding> {
  const client = directClient(instance.inbound ?? "", await bed.identity(spiffeId(mesh, edge.caller)));
  try {
    const results = await sendCalls(attempts, 1, () => client.call(edge.calls[0].declared.path, { deadlineMs }));
    return {
      subject: `${edge.workload}: a certificate of ${edge.caller} from the mesh's authority`,
      expected: `${attempts} OK`,
      from: [],
      saw: describeStatuses(results),
      counters: "",
      verdict: verdictOf(results.every(({ status }) => status === "OK")),
    };
  } finally {
    client.close();
  }
}

/** Servers whose certificate is another workload's. */
async function impostors({ mesh, startBed }: CheckContext): Promise<Finding[]> {
  return withBed(startBed, posing(mesh), async (bed) => {
    const findings: Finding[] = [];
    for (const edge of onePerWorkload(mesh)) findings.push(await rejectsImpostor(bed, edge));
    return findings;
  });
}

function posing(mesh: Mesh): BedPlan {
  const plan = wholePlan(mesh);
  const workloads = Object.entries(plan.workloads).map(([workload, instances]) => {
    const other = workloadsOf(mesh).find((name) => name !== workload);
    return [workload, instances.map((each) => (other === undefined ? each : { ...each, poses: other }))] as const;
  });
  return { ...plan, workloads: Object.fromEntries(workloads) };
}

async function rejectsImpostor(bed: Bed, edge: Edge): Promise<Finding> {
  const proxies = callersOf(bed, edge.caller, edge.workload).slice(0, 1);
  const [proxy] = proxies;
  if (proxy === undefined) throw new Error(`no proxy of ${edge.caller} reaches ${edge.workload}`);
  const { address, authority } = proxy.outlet;
  const client = createTestClient(address, authority === undefined ? {} : { authority });
  const { result: results, grown } = await counting(
    () => outboundCounters(proxies, edge.workload),
    async () => {
      try {
        return await sendCalls(attempts, 1, () => client.call(edge.calls[0].declared.path, { deadlineMs }));
      } finally {
        client.close();
      }
    },
  );
  const tries = instancesOf(bed, edge.workload).reduce((sum, { server }) => sum + (server?.tries() ?? 0), 0);
  return {
    subject: `${nameOf(edge)}: the server has another workload's certificate`,
    expected: "the caller's proxy sends it nothing",
    from: ["PeerAuthentication STRICT, which every mesh has"],
    saw: `${describeStatuses(results)}; ${tries} at the server`,
    counters: showCounters(grown, ["ssl.fail_verify_san"]),
    verdict: verdictOf(
      tries === 0 && results.every(({ status }) => status !== "OK") && (grown.get("ssl.fail_verify_san") ?? 0) > 0,
    ),
  };
}

const onePerWorkload = (mesh: Mesh): Edge[] =>
  [...Map.groupBy(edgesOf(mesh), ({ workload }) => workload).values()].flatMap((edges) => edges[0] ?? []);
