// The authority of a mesh, with its key: to see what somebody with any certificate of the mesh may do.
import { type Authority, loadAuthority } from "@ordermesh/engines/envoy";
import type { IstioControlPlane } from "@ordermesh/engines/istio";
import { z } from "zod";

const secretShape = z.object({ data: z.object({ "ca-cert.pem": z.base64(), "ca-key.pem": z.base64() }) });

/** istiod keeps its own authority in a secret when it is given none. */
export async function istioAuthority({ kubectl, trustDomain }: IstioControlPlane): Promise<Authority> {
  const { stdout } = await kubectl(["-n", "istio-system", "get", "secret", "istio-ca-secret", "-o", "json"]);
  const { data } = secretShape.parse(JSON.parse(stdout));
  const text = (encoded: string): string => Buffer.from(encoded, "base64").toString("utf8");
  return loadAuthority(
    { trustDomain },
    { certificatePem: text(data["ca-cert.pem"]), privateKeyPem: text(data["ca-key.pem"]) },
  );
}
