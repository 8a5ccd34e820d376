import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A key with a certificate for 127.0.0.1 that signs itself: it is its own authority. Needs openssl. */
export async function makeCertificate(folder: string): Promise<{ keystoreFile: string; ca: string }> {
  const [key, certificate, keystoreFile] = ["key.pem", "certificate.pem", "keystore.pem"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await run("openssl", ["req", "-x509", "-days", "1", ...curve, ...subject, "-keyout", key, "-out", certificate]);
  const ca = await readFile(certificate, "utf8");
  await writeFile(keystoreFile, `${await readFile(key, "utf8")}${ca}`, { mode: 0o600 });
  return { keystoreFile, ca };
}
