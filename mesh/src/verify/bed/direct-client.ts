// Clients that come to the inbound port of a proxy without a proxy of their own: as whoever they can show to be.
import { credentials } from "@grpc/grpc-js";
import type { Identity } from "./bed.ts";
import { createTestClient, type TestClient } from "./client.ts";

/** @param identity undefined: it shows no certificate, and trusts any */
export function directClient(address: string, identity: Identity | undefined): TestClient {
  // Identities are SPIFFE IDs, not host names: whom a client trusts is not what is asked here.
  const anyServer = { checkServerIdentity: () => undefined, rejectUnauthorized: false };
  const secure =
    identity === undefined
      ? credentials.createSsl(null, null, null, anyServer)
      : credentials.createSsl(
          Buffer.from(identity.authorityPem),
          Buffer.from(identity.privateKeyPem),
          Buffer.from(identity.certificatePem),
          anyServer,
        );
  return createTestClient(address, {
    credentials: secure,
    // TLS allows no IP address as the name of a server.
    channel: { "grpc.ssl_target_name_override": "direct.invalid" },
  });
}
