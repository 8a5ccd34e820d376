import { expect, test } from "vitest";
import { identitiesIn } from "./certificates.ts";

const chain = (...uris: string[]) => ({ cert_chain: [{ subject_alt_names: uris.map((uri) => ({ uri })) }] });

test("identities are the URIs of certificates, each once; those of authorities and other names are left out", () => {
  const certs = {
    certificates: [
      {
        ca_cert: [{ subject_alt_names: [{ uri: "spiffe://cluster.local/ca" }] }],
        ...chain("spiffe://a/ns/shop/sa/web"),
      },
      chain("spiffe://a/ns/shop/sa/web"),
      { cert_chain: [{ subject_alt_names: [{ dns: "istiod" }] }, {}] },
    ],
  };
  expect(identitiesIn(JSON.stringify(certs))).toEqual(["spiffe://a/ns/shop/sa/web"]);
});

test("a proxy without a certificate has no identity", () => {
  expect(identitiesIn('{"certificates":[]}')).toEqual([]);
});
