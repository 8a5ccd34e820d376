import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../engine-error.ts";
import type { ServerApi } from "./server-api.ts";

const PATH = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const VIRTUAL_SERVICES = "/apis/networking.istio.io/v1/namespaces/istio-system/virtualservices?dryRun=All";
const TIMEOUT_MS = 20_000;
const PAUSE_MS = 50;

/**
 * Has the API server ask istiod about each resource of Istio, as it does in a cluster, and resolves when it does.
 * @throws EngineError CONTROL_PLANE_START_FAILED
 */
export async function validateByIstiod(api: ServerApi, url: string, rootCertificate: string): Promise<void> {
  const groups = ["security.istio.io", "networking.istio.io", "telemetry.istio.io", "extensions.istio.io"];
  const { status, body } = await api.post(PATH, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "istio-validator-istio-system", labels: { app: "istiod" } },
    webhooks: [
      {
        name: "rev.validation.istio.io",
        clientConfig: { url, caBundle: Buffer.from(rootCertificate).toString("base64") },
        rules: [{ operations: ["CREATE", "UPDATE"], apiGroups: groups, apiVersions: ["*"], resources: ["*"] }],
        // Rather no resource than one that nobody has checked.
        failurePolicy: "Fail",
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
      },
    ],
  });
  if (status !== 201) throw failure(`the API server refuses Istio's validation: ${JSON.stringify(body)}`);
  await untilRefused(api);
}

/** The API server takes notice a moment later; until then it would let everything in. */
async function untilRefused(api: ServerApi): Promise<void> {
  const wrong = {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: "without-hosts", namespace: "istio-system" },
    spec: {},
  };
  for (const deadline = Date.now() + TIMEOUT_MS; ; await delay(PAUSE_MS)) {
    const { status, body } = await api.post(VIRTUAL_SERVICES, wrong);
    // 400 is istiod's no; 500 is that the API server could not ask it.
    if (status === 400) return;
    if (Date.now() > deadline) {
      const answer = `${status} ${JSON.stringify(body)}`;
      throw failure(`istiod is not asked about resources after ${TIMEOUT_MS / 1000} s; the API server says ${answer}`);
    }
  }
}

function failure(message: string): EngineError {
  return new EngineError("CONTROL_PLANE_START_FAILED", message);
}
