import { EngineError } from "../engine-error.ts";

// https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md, section 2: lengths are those of 2.3.
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;
const SEGMENT = /^(?!\.{1,2}$)[a-zA-Z0-9._-]+$/;
const MAX_BYTES = 2048;

/** A workload as Istio names it, or by its SPIFFE ID. */
export type Workload = { readonly namespace: string; readonly serviceAccount: string } | { readonly spiffeId: string };

/** @throws EngineError SPIFFE_ID_INVALID */
export function checkTrustDomain(trustDomain: string): string {
  if (TRUST_DOMAIN.test(trustDomain)) return trustDomain;
  throw invalid(`trust domain ${JSON.stringify(trustDomain)}`, 'lower-case letters, digits, ".", "_" and "-" are');
}

/**
 * The SPIFFE ID of a workload of the trust domain, in Istio's form `spiffe://<domain>/ns/<namespace>/sa/<account>`
 * when it is given by names.
 * @throws EngineError SPIFFE_ID_INVALID, also for an ID of another trust domain
 */
export function spiffeIdOf(trustDomain: string, workload: Workload): string {
  if ("spiffeId" in workload) return checkSpiffeId(trustDomain, workload.spiffeId);
  for (const [field, value] of Object.entries(workload)) {
    if (!SEGMENT.test(value)) throw invalid(`${field} ${JSON.stringify(value)}`, SEGMENT_RULE);
  }
  return checkSpiffeId(trustDomain, `spiffe://${trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`);
}

const SEGMENT_RULE = 'letters, digits, ".", "_" and "-" are';

function checkSpiffeId(trustDomain: string, id: string): string {
  const prefix = `spiffe://${trustDomain}/`;
  const given = `SPIFFE ID ${JSON.stringify(id)}`;
  if (!id.startsWith(prefix)) throw invalid(given, `only those that begin with ${prefix} are`);
  if (Buffer.byteLength(id) > MAX_BYTES) throw invalid(given, `at most ${MAX_BYTES} bytes are`);
  const wrong = id
    .slice(prefix.length)
    .split("/")
    .find((segment) => !SEGMENT.test(segment));
  if (wrong === undefined) return id;
  throw invalid(`part ${JSON.stringify(wrong)} of ${given}`, SEGMENT_RULE);
}

function invalid(given: string, allowed: string): EngineError {
  return new EngineError("SPIFFE_ID_INVALID", `${given} is not allowed; ${allowed}`);
}
