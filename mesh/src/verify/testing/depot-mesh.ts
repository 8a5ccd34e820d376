// A small system for specs: a desk that asks a depot with two hosts, and an audit that may ask nothing.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadMesh } from "../../files/load-mesh.ts";
import type { Mesh } from "../../model/mesh.ts";

const files: Readonly<Record<string, string>> = {
  "mesh.yaml": `
namespace: depot
istio: "1.31"
environments: [local]
protos: proto
limits: { amplification: 4 }
`,
  "callers.yaml": `
callers:
  audit: {}
  desk:
    calls:
      lab.depot.v1.DepotService: [Look, Reserve, Ship]
`,
  "policies/depot.yaml": `
service: lab.depot.v1.DepotService
workload: depot
port: { number: 6001, name: grpc, appProtocol: grpc }
replicas: 2
defaults:
  timeout: 900ms
  retries:
    attempts: 2
    perTry: 300ms
    on: [unavailable, connect-failure, refused-stream, reset, deadline-exceeded]
    backoff: 5ms..20ms
methods:
  Ship: { timeout: 700ms, retries: none }
connectTimeout: 500ms
breaker: { requests: 40, pending: 40, connections: 20, retryBudget: 20%, retryMinimum: 3 }
ejection: { after: 4 gateway errors, interval: 2s, base: 6s, max: 50% }
`,
  "proto/depot.proto": `
syntax = "proto3";
package lab.depot.v1;
message Piece {}
service DepotService {
  rpc Look(Piece) returns (Piece) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Reserve(Piece) returns (Piece) { option idempotency_level = IDEMPOTENT; }
  rpc Ship(Piece) returns (Piece);
  rpc Burn(Piece) returns (Piece);
}
`,
};

/** @param changed files that differ from the usual ones */
export async function writeDepotMesh(changed: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "mesh-depot-"));
  for (const [name, text] of Object.entries({ ...files, ...changed })) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return folder;
}

/** The mesh alone; its files are gone when it is there. */
export async function depotMesh(changed?: Readonly<Record<string, string>>): Promise<Mesh> {
  const folder = await writeDepotMesh(changed);
  try {
    return await loadMesh(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
