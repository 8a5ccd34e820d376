import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writePrivateFile } from "../private-file.ts";
import type { Authority, Credentials } from "./authority.ts";

/** Paths of the files that an Envoy reads its identity from. */
export interface CredentialFiles {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  /** Whom it trusts. */
  readonly caFile: string;
}

/**
 * Writes the credentials of one workload and the certificate of its authority into the folder, by the names that
 * Istio's sidecars use. The key is for the owner's eyes only. What is there already is replaced, each file as a whole.
 */
export async function writeCredentials(
  folder: string,
  { certificatePem, privateKeyPem }: Credentials,
  { caPem }: Pick<Authority, "caPem">,
): Promise<CredentialFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files: CredentialFiles = {
    certificateFile: join(folder, "cert-chain.pem"),
    privateKeyFile: join(folder, "key.pem"),
    caFile: join(folder, "root-cert.pem"),
  };
  await writePrivateFile(files.privateKeyFile, privateKeyPem);
  await writePrivateFile(files.certificateFile, certificatePem);
  await writePrivateFile(files.caFile, caPem);
  await Promise.all([files.certificateFile, files.caFile].map((file) => chmod(file, 0o644)));
  return files;
}
