import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import type { Wire } from "./wire.ts";
import { bytes, createReader, string } from "./wire-format.ts";

const SASL_HANDSHAKE = 17;
const SASL_AUTHENTICATE = 36;

/** The server does not accept who we say we are. */
export class LoginRefusedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LoginRefusedError";
  }
}

export interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** @throws LoginRefusedError */
export async function loginPlain(wire: Wire, { name, password }: Credentials): Promise<void> {
  await handshake(wire, "PLAIN");
  await exchange(wire, `\0${name}\0${password}`);
}

/**
 * The client's side of RFC 5802 without channel binding. It does not check the server's proof.
 * @throws LoginRefusedError
 */
export async function loginScram(wire: Wire, { name, password }: Credentials): Promise<void> {
  await handshake(wire, "SCRAM-SHA-512");
  const first = `n=${name},r=${randomBytes(18).toString("base64url")}`;
  const challenge = await exchange(wire, `n,,${first}`);
  const [, nonce = "", salt = "", iterations = ""] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(challenge) ?? [];
  const final = `c=biws,r=${nonce}`;
  const keys = scramKeys(saltPassword(password, Buffer.from(salt, "base64"), Number(iterations)));
  const signature = hmac(keys.stored, `${first},${challenge},${final}`);
  const proof = keys.client.map((byte, index) => byte ^ (signature[index] ?? 0));
  await exchange(wire, `${final},p=${Buffer.from(proof).toString("base64")}`);
}

/** "SaltedPassword" of RFC 5802, with SHA-512. */
export function saltPassword(password: string, salt: Buffer, iterations: number): Buffer {
  return pbkdf2Sync(password, salt, iterations, 64, "sha512");
}

/** The key that proves knowledge of the password, and what a server stores to check the proof. */
export function scramKeys(saltedPassword: Buffer): { readonly client: Buffer; readonly stored: Buffer } {
  const client = hmac(saltedPassword, "Client Key");
  return { client, stored: createHash("sha512").update(client).digest() };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha512", key).update(text).digest();
}

async function handshake(wire: Wire, mechanism: string): Promise<void> {
  const reader = createReader(await wire.request({ api: SASL_HANDSHAKE, version: 1, body: string(mechanism) }));
  if (reader.int16() !== 0) throw new LoginRefusedError(`the listener does not take ${mechanism}`);
}

async function exchange(wire: Wire, message: string): Promise<string> {
  const body = bytes(Buffer.from(message));
  const reader = createReader(await wire.request({ api: SASL_AUTHENTICATE, version: 0, body }));
  const code = reader.int16();
  const reason = reader.string();
  if (code !== 0) throw new LoginRefusedError(reason || `error code ${code}`);
  return reader.bytes().toString();
}
