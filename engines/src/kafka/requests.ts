import type { Wire } from "./wire.ts";
import { compactArray, compactBytes, compactString, createReader, int8, int32, noTags } from "./wire-format.ts";

const METADATA = 3;
const API_VERSIONS = 18;
const ALTER_USER_SCRAM_CREDENTIALS = 51;
const SCRAM_SHA_512 = 2;
/** Error code of the protocol: another controller is the active one. */
const NOT_CONTROLLER = 41;

/** Resolves when the broker answers; every listener does before it asks for a login. */
export async function askApiVersions(wire: Wire): Promise<void> {
  const code = createReader(await wire.request({ api: API_VERSIONS, version: 0, body: Buffer.alloc(0) })).int16();
  if (code !== 0) throw new Error(`the broker answered ApiVersions with error code ${code}`);
}

/** Ids of the brokers that this broker knows to be registered and alive. */
export async function askBrokerIds(wire: Wire): Promise<number[]> {
  const noTopics = int32(0);
  const reader = createReader(await wire.request({ api: METADATA, version: 1, body: noTopics }));
  return Array.from({ length: reader.int32() }, () => {
    const id = reader.int32();
    reader.string(); // host
    reader.int32(); // port
    reader.string(); // rack
    return id;
  });
}

export interface ScramCredential {
  readonly name: string;
  readonly salt: Buffer;
  readonly iterations: number;
  readonly saltedPassword: Buffer;
}

/** Asks a controller to store and remove users. Resolves with false when it is not the active one. */
export async function alterScramUsers(
  wire: Wire,
  change: { readonly put: readonly ScramCredential[]; readonly remove: readonly string[] },
): Promise<boolean> {
  const removals = change.remove.map((name) => Buffer.concat([compactString(name), int8(SCRAM_SHA_512), noTags]));
  const puts = change.put.map(({ name, iterations, salt, saltedPassword }) =>
    Buffer.concat([
      compactString(name),
      int8(SCRAM_SHA_512),
      int32(iterations),
      compactBytes(salt),
      compactBytes(saltedPassword),
      noTags,
    ]),
  );
  const body = Buffer.concat([compactArray(removals), compactArray(puts), noTags]);
  const request = { api: ALTER_USER_SCRAM_CREDENTIALS, version: 0, flexible: true, body };
  const reader = createReader(await wire.request(request));
  reader.int32(); // throttled for so many ms
  for (let left = reader.varint() - 1; left > 0; left -= 1) {
    const name = reader.compactString();
    const code = reader.int16();
    const reason = reader.compactString();
    reader.varint(); // no tags
    if (code === NOT_CONTROLLER) return false;
    if (code !== 0) throw new Error(`user ${name}: ${reason || `error code ${code}`}`);
  }
  return true;
}
