import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { EngineError } from "../engine-error.ts";
import { writePrivateFile } from "../private-file.ts";
import { INTERNAL_USER } from "./properties.ts";
import { alterScramUsers, type ScramCredential } from "./requests.ts";
import { LoginRefusedError, loginPlain, loginScram, saltPassword, scramKeys } from "./sasl.ts";
import { openWire } from "./wire.ts";

/** Kafka's own default and least. */
const ITERATIONS = 4096;
const TIMEOUT_MS = 20_000;
const PAUSE_MS = 50;

/** What the cluster was last told: enough to see a change, not enough to log in. */
const knownShape = z.record(z.string(), z.object({ salt: z.string(), stored: z.string() }));
type Known = z.infer<typeof knownShape>;

export interface ScramUsers {
  /** Once the cluster serves: brings its users up to date. Does the work once, however often it is called. */
  bringUpToDate(): Promise<void>;
  /** Resolves when the broker on this client port has learned of the change. */
  knownTo(port: number): Promise<void>;
}

export interface ScramUsersOptions {
  readonly dataDir: string;
  readonly users: Readonly<Record<string, string>>;
  readonly controllerPorts: readonly number[];
  readonly internalPassword: string;
  /** Whether clients connect by TLS. */
  readonly secure: boolean;
}

/** The storage is new: whatever users an earlier one had are gone. */
export async function forgetUsers(dataDir: string): Promise<void> {
  await rm(fileIn(dataDir), { force: true });
}

/** Compares the wanted users with those of the last start. */
export async function planUsers(options: ScramUsersOptions): Promise<ScramUsers> {
  const known = await readKnown(fileIn(options.dataDir));
  const put = Object.entries(options.users)
    .filter(([name, password]) => !isKnown(known[name], password))
    .map(([name, password]) => credential(name, password));
  const remove = Object.keys(known).filter((name) => !(name in options.users));
  if (put.length + remove.length === 0) return { bringUpToDate: async () => {}, knownTo: async () => {} };

  const kept = Object.entries(known).filter(([name]) => name in options.users);
  const next: Known = { ...Object.fromEntries(kept), ...Object.fromEntries(put.map(toKnown)) };
  let work: Promise<void> | undefined;
  const witness = put.at(-1)?.name;
  return {
    bringUpToDate: () => {
      work ??= tellActiveController(options, put, remove)
        .then(() => writePrivateFile(fileIn(options.dataDir), JSON.stringify(next)))
        .catch((error: unknown) => {
          work = undefined; // The next launch tries again.
          throw error;
        });
      return work;
    },
    // All changes are one batch of the metadata log: who knows the last knows all.
    knownTo: async (port) => {
      if (witness === undefined) return;
      const login = { name: witness, password: options.users[witness] ?? "" };
      await retry(`broker 127.0.0.1:${port} does not know its new users`, () => accepts(port, options.secure, login));
    },
  };
}

const fileIn = (dataDir: string) => join(dataDir, "users.json");

async function readKnown(file: string): Promise<Known> {
  try {
    return knownShape.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new EngineError(
      "KAFKA_STATE_UNREADABLE",
      `${file} cannot be read as the users of a Kafka cluster: ${(cause as Error).message}. Mend it.`,
      { cause },
    );
  }
}

function isKnown(known: Known[string] | undefined, password: string): boolean {
  if (known === undefined) return false;
  const salted = saltPassword(password, Buffer.from(known.salt, "base64"), ITERATIONS);
  return scramKeys(salted).stored.toString("base64") === known.stored;
}

function credential(name: string, password: string): ScramCredential {
  const salt = randomBytes(24);
  return { name, salt, iterations: ITERATIONS, saltedPassword: saltPassword(password, salt, ITERATIONS) };
}

function toKnown({ name, salt, saltedPassword }: ScramCredential): [string, Known[string]] {
  return [name, { salt: salt.toString("base64"), stored: scramKeys(saltedPassword).stored.toString("base64") }];
}

async function tellActiveController(
  { controllerPorts, internalPassword }: ScramUsersOptions,
  put: readonly ScramCredential[],
  remove: readonly string[],
): Promise<void> {
  await retry("no controller took the users", async () => {
    for (const port of controllerPorts) {
      const wire = await openWire(port, { secure: false });
      try {
        await loginPlain(wire, { name: INTERNAL_USER, password: internalPassword });
        if (await alterScramUsers(wire, { put, remove })) return true;
      } finally {
        wire.close();
      }
    }
    return false;
  });
}

async function accepts(port: number, secure: boolean, login: { name: string; password: string }): Promise<boolean> {
  const wire = await openWire(port, { secure });
  try {
    await loginScram(wire, login);
    return true;
  } catch (error) {
    if (error instanceof LoginRefusedError) return false;
    throw error;
  } finally {
    wire.close();
  }
}

/** Until it holds; elections and brokers that still start make it fail for a while. */
async function retry(complaint: string, holds: () => Promise<boolean>): Promise<void> {
  let cause: unknown;
  for (const end = Date.now() + TIMEOUT_MS; Date.now() < end; await delay(PAUSE_MS)) {
    try {
      if (await holds()) return;
    } catch (error) {
      cause = error;
    }
  }
  const reason = cause instanceof Error ? `: ${cause.message}` : "";
  throw new EngineError("KAFKA_USERS_FAILED", `${complaint} within ${TIMEOUT_MS / 1000} s${reason}`, { cause });
}
