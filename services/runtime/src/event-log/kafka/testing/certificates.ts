import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

export interface TestCertificates {
  /** The authority's certificate, for clients. */
  readonly caFile: string;
  /** The brokers' key and certificate, for 127.0.0.1. */
  readonly keystoreFile: string;
}

const run = promisify(execFile);

/** Makes an authority and a certificate of it, valid for a day, in the folder. Needs the program `openssl`. */
export async function makeCertificates(folder: string): Promise<TestCertificates> {
  const path = (name: string) => join(folder, name);
  const [ca, caKey, certificate, key] = ["ca.pem", "ca.key", "broker.pem", "broker.key"].map(path) as [
    string,
    string,
    string,
    string,
  ];
  const issue = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"];
  await openssl([...issue, "-subj", "/CN=Test authority", "-keyout", caKey, "-out", ca]);
  const names = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"];
  const signed = ["-CA", ca, "-CAkey", caKey, ...names];
  await openssl([...issue, ...signed, "-subj", "/CN=Test broker", "-keyout", key, "-out", certificate]);
  const keystoreFile = path("keystore.pem");
  const parts = await Promise.all([key, certificate, ca].map((file) => readFile(file, "utf8")));
  await writeFile(keystoreFile, parts.join(""), { mode: 0o600 });
  return { caFile: ca, keystoreFile };
}

async function openssl(args: readonly string[]): Promise<void> {
  try {
    await run("openssl", args);
  } catch (error) {
    throw new Error("this test needs the program openssl, version 3 or newer, on the PATH", { cause: error });
  }
}
