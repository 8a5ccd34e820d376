import { join } from "node:path";
import { Agent, request } from "undici";
import { type Daemon, startDaemon } from "./daemon.ts";
import type { IstioInstallation } from "./model.ts";

const STOP_TIMEOUT_MS = 5_000;
const READY_TIMEOUT_MS = 30_000;
const SOCKET = "client.sock";

export interface Etcd extends Daemon {
  /** For the API server, which must run in the same folder: a path from the root can be too long for a socket. */
  readonly endpoint: string;
}

/**
 * The store of the API server. It knows no passwords here, so it listens on sockets in the folder, which is private,
 * and on no port.
 * @throws EngineError CONTROL_PLANE_START_FAILED
 */
export async function startEtcd({ etcd }: IstioInstallation, folder: string): Promise<Etcd> {
  const [client, peer] = [`unix://${SOCKET}`, "unix://peer.sock"];
  const args = [
    ...["--name=ordermesh", `--data-dir=${join(folder, "etcd")}`],
    ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
    ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=ordermesh=${peer}`],
    // What is in it is made anew at each start.
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
  const dispatcher = new Agent({ connect: { socketPath: join(folder, SOCKET) } });
  try {
    const daemon = await startDaemon({
      ...{ name: "etcd", file: etcd, args, folder, failure: "CONTROL_PLANE_START_FAILED" },
      ...{ stopTimeoutMs: STOP_TIMEOUT_MS, readyTimeoutMs: READY_TIMEOUT_MS },
      missing: () => askHealth(dispatcher),
    });
    return { ...daemon, endpoint: client };
  } finally {
    await dispatcher.close();
  }
}

async function askHealth(dispatcher: Agent): Promise<string | undefined> {
  try {
    const { body, statusCode } = await request("http://etcd/health", { dispatcher });
    const answer = await body.text();
    return statusCode === 200 ? undefined : `its health is ${answer.trim()}`;
  } catch (error) {
    return `its socket does not answer: ${(error as Error).message}`;
  }
}
