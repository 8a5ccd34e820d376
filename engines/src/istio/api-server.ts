import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { writePrivateFile } from "../private-file.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import type { Etcd } from "./etcd.ts";
import type { IstioInstallation } from "./model.ts";
import { openServerApi, type ServerApi } from "./server-api.ts";

const STOP_TIMEOUT_MS = 10_000;
const READY_TIMEOUT_MS = 120_000;

export interface ApiServer extends Daemon {
  readonly kubeconfig: string;
  readonly api: ServerApi;
}

/**
 * A Kubernetes API server without a cluster behind it: it keeps, checks and hands out resources, and issues the tokens
 * of service accounts. Nothing runs.
 * @throws EngineError CONTROL_PLANE_START_FAILED
 */
export async function startApiServer(
  { kubeApiserver }: IstioInstallation,
  { folder, port, etcd }: { readonly folder: string; readonly port: number; readonly etcd: Etcd },
): Promise<ApiServer> {
  const file = (name: string) => join(folder, name);
  const [tokens, accountKey, certificates, kubeconfig] = [
    file("tokens.csv"),
    file("service-account.key"),
    file("certificates"),
    file("kubeconfig"),
  ];
  const token = randomBytes(32).toString("hex");
  await writePrivateFile(tokens, `${token},admin,admin,"system:masters"\n`);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await writePrivateFile(accountKey, privateKey.export({ type: "sec1", format: "pem" }).toString());

  const url = `https://127.0.0.1:${port}`;
  let api: ServerApi | undefined;
  const missing = async (): Promise<string | undefined> => {
    try {
      // The server makes a certificate for itself when it finds none.
      const certificate = await readFile(join(certificates, "apiserver.crt"), "utf8");
      api ??= openServerApi({ url, token, certificate });
      const { status, body } = await api.get("/readyz");
      if (status !== 200) return `it says that it is not ready: ${JSON.stringify(body)}`;
      await writePrivateFile(kubeconfig, printKubeconfig({ url, token, certificate }));
      return undefined;
    } catch (error) {
      return `it does not answer: ${(error as Error).message}`;
    }
  };
  const daemon = await startDaemon({
    ...{ name: "kube-apiserver", file: kubeApiserver, folder, failure: "CONTROL_PLANE_START_FAILED" },
    args: [
      ...[`--etcd-servers=${etcd.endpoint}`, "--bind-address=127.0.0.1", `--secure-port=${port}`],
      ...[`--cert-dir=${certificates}`, `--token-auth-file=${tokens}`, "--authorization-mode=RBAC"],
      // The addresses of services: none of them is ever used.
      ...[
        "--service-cluster-ip-range=10.96.0.0/16",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
      ],
      "--service-account-issuer=https://kubernetes.default.svc",
      ...[`--service-account-key-file=${accountKey}`, `--service-account-signing-key-file=${accountKey}`],
      // Accounts that a controller would make are not there, for no controller is.
      "--disable-admission-plugins=ServiceAccount",
    ],
    ...{ stopTimeoutMs: STOP_TIMEOUT_MS, readyTimeoutMs: READY_TIMEOUT_MS },
    missing,
  });
  if (api === undefined) throw new Error("a ready API server has answered");
  return { ...daemon, kubeconfig, api };
}

function printKubeconfig(access: { readonly url: string; readonly token: string; readonly certificate: string }) {
  const name = "ordermesh";
  const certificate = Buffer.from(access.certificate).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: access.url, "certificate-authority-data": certificate } }],
    users: [{ name, user: { token: access.token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}
