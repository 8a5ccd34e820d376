import { z } from "zod";

const TIMEOUT_MS = 10_000;

const certsShape = z.object({
  certificates: z.array(
    z.object({
      cert_chain: z.array(
        z.object({ subject_alt_names: z.array(z.object({ uri: z.string().optional() })).default([]) }),
      ),
    }),
  ),
});

/** The URIs in the certificates that an Envoy shows to others, by its admin endpoint at host:port; each once. */
export async function askIdentities(adminAddress: string): Promise<readonly string[]> {
  const headers = { connection: "close" };
  const answer = await fetch(`http://${adminAddress}/certs`, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  return identitiesIn(await answer.text());
}

export function identitiesIn(certs: string): readonly string[] {
  const chains = certsShape.parse(JSON.parse(certs)).certificates.flatMap(({ cert_chain }) => cert_chain);
  const names = chains.flatMap(({ subject_alt_names }) => subject_alt_names.flatMap(({ uri }) => uri ?? []));
  return [...new Set(names)];
}
