import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { EngineError } from "../engine-error.ts";
import type { ServerApi } from "./server-api.ts";

const ROOT_TIMEOUT_MS = 20_000;
const PAUSE_MS = 25;
/** Istio's own name for it: whoever asks istiod for a certificate must have a token for this audience. */
const AUDIENCE = "istio-ca";
/** Longer than any run: nobody renews it. */
const TOKEN_LIFETIME_S = 24 * 60 * 60;

const rootShape = z.object({ data: z.object({ "root-cert.pem": z.string() }) });
const tokenShape = z.object({ status: z.object({ token: z.string() }) });

/** Does nothing when it is there. */
export async function createNamespace(api: ServerApi, name: string): Promise<void> {
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  await create(api, "/api/v1/namespaces", body, `namespace ${name}`);
}

/** Does nothing when it is there. */
export async function createServiceAccount(api: ServerApi, namespace: string, name: string): Promise<void> {
  const body = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await create(api, path, body, `service account ${namespace}/${name}`);
}

/** With which a workload proves to istiod who it is. */
export async function tokenFor(api: ServerApi, namespace: string, serviceAccount: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
  const { status, body } = await api.post(path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { audiences: [AUDIENCE], expirationSeconds: TOKEN_LIFETIME_S },
  });
  if (status !== 201) throw refusal(`a token for service account ${namespace}/${serviceAccount}`, status, body);
  return tokenShape.parse(body).status.token;
}

/**
 * The certificate of the mesh's authority, which istiod puts into each namespace soon after it starts.
 * @throws EngineError CONTROL_PLANE_START_FAILED
 */
export async function rootCertificateOf(api: ServerApi, namespace: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/istio-ca-root-cert`;
  for (const deadline = Date.now() + ROOT_TIMEOUT_MS; ; await delay(PAUSE_MS)) {
    const { status, body } = await api.get(path);
    if (status === 200) return rootShape.parse(body).data["root-cert.pem"];
    if (status !== 404) throw refusal("the mesh's root certificate", status, body);
    if (Date.now() > deadline) {
      const late = `istiod has not put its certificate into ${namespace} after ${ROOT_TIMEOUT_MS / 1000} s`;
      throw new EngineError("CONTROL_PLANE_START_FAILED", late);
    }
  }
}

async function create(api: ServerApi, path: string, resource: object, what: string): Promise<void> {
  const { status, body } = await api.post(path, resource);
  if (status !== 201 && status !== 409) throw refusal(what, status, body);
}

function refusal(what: string, status: number, body: unknown): Error {
  return new Error(`the API server refuses ${what}: ${status} ${JSON.stringify(body)}`);
}
