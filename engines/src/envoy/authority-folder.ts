import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../engine-error.ts";
import { writePrivateFile } from "../private-file.ts";
import {
  type Authority,
  type AuthorityKeys,
  type AuthorityOptions,
  loadAuthority,
  makeAuthorityKeys,
} from "./authority.ts";

const FILE = "authority.pem";
const DAY_MS = 86_400_000;
/** Before it ends it is replaced, so that nothing it issues is cut short. */
const REPLACED_BEFORE_END_MS = 30 * DAY_MS;

/**
 * The authority of the folder; made when there is none, or when the one there ends within 30 days. Its certificate and
 * key are kept in `authority.pem`, for the owner's eyes only. One process at a time may use the folder.
 * @throws EngineError AUTHORITY_UNREADABLE, AUTHORITY_CHANGED when it is of another trust domain, SPIFFE_ID_INVALID
 */
export async function openAuthority(folder: string, options: AuthorityOptions): Promise<Authority> {
  const { trustDomain, now = () => new Date() } = options;
  const file = join(folder, FILE);
  const kept = await read(file);
  if (kept !== undefined) {
    if (kept.trustDomain !== trustDomain) {
      throw new EngineError(
        "AUTHORITY_CHANGED",
        `${file} is the authority of the trust domain "${kept.trustDomain}", and "${trustDomain}" is asked for. Ask ` +
          `for "${kept.trustDomain}", or remove the file: a new authority is made then.`,
      );
    }
    if (kept.notAfter.getTime() - now().getTime() > REPLACED_BEFORE_END_MS) return loadAuthority(options, kept.keys);
  }
  const keys = await makeAuthorityKeys(options);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writePrivateFile(file, keys.certificatePem + keys.privateKeyPem);
  return loadAuthority(options, keys);
}

interface Kept {
  readonly keys: AuthorityKeys;
  readonly trustDomain: string;
  readonly notAfter: Date;
}

async function read(file: string): Promise<Kept | undefined> {
  try {
    return parse(await readFile(file, "utf8"));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new EngineError(
      "AUTHORITY_UNREADABLE",
      `${file} cannot be read as the certificate and key of an authority: ${(cause as Error).message}. Mend it, or ` +
        "remove it: a new authority is made then.",
      { cause },
    );
  }
}

function parse(text: string): Kept {
  const block = (tag: string): string => {
    const found = new RegExp(`-----BEGIN ${tag}-----[^-]+-----END ${tag}-----\n?`).exec(text)?.[0];
    if (found === undefined) throw new Error(`it has no ${tag}`);
    return found;
  };
  const keys: AuthorityKeys = { certificatePem: block("CERTIFICATE"), privateKeyPem: block("PRIVATE KEY") };
  const certificate = new X509Certificate(keys.certificatePem);
  if (!certificate.checkPrivateKey(createPrivateKey(keys.privateKeyPem))) {
    throw new Error("the key is not that of the certificate");
  }
  const trustDomain = /^URI:spiffe:\/\/([^/,]+)$/.exec(certificate.subjectAltName ?? "")?.[1];
  if (trustDomain === undefined || !certificate.ca) throw new Error("the certificate is not of a SPIFFE authority");
  return { keys, trustDomain, notAfter: new Date(certificate.validTo) };
}
