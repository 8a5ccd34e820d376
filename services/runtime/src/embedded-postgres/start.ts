import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { chooseAccount } from "./account.ts";
import { findBinaries } from "./binaries.ts";
import { findFreePort } from "./free-port.ts";
import { initialise } from "./initialise.ts";
import { clearPrevious } from "./orphan.ts";
import { ensureDatabase, ensureRole, type Role, withClient } from "./provision.ts";
import { type LaunchOptions, launch, type PostgresExit, PostgresStartError, type ServerProcess } from "./server.ts";
import { defaultSettings, type PostgresSettings } from "./settings.ts";
import { watchOver } from "./watchdog.ts";

export interface EmbeddedPostgresOptions {
  /** The cluster's folder; created when missing. */
  readonly dataDir: string;
  /** TCP port on 127.0.0.1; 0 picks a free one. */
  readonly port: number;
  /** Password of the superuser `postgres`; must be the one given when the folder was created. */
  readonly superPassword: string;
  /** Receives the server's own log, line by line. */
  readonly onLog?: (line: string) => void;
  /** Server settings over the defaults. */
  readonly settings?: PostgresSettings;
}

export interface EmbeddedPostgres {
  readonly pid: number;
  readonly port: number;
  /** Resolves when the server has ended, asked to or not. */
  readonly exited: Promise<PostgresExit>;
  /** Connection URL of the database, as the superuser unless a role is given. */
  url(database: string, role?: Role): string;
  /**
   * As `url`, over the Unix socket in the cluster's folder, which costs a fraction of the CPU of TCP on loopback. The
   * same as `url` where there is none.
   */
  socketUrl(database: string, role?: Role): string;
  /** Runs the work on a superuser connection. */
  administer<T>(work: (client: pg.Client) => Promise<T>, database?: string): Promise<T>;
  createRole(role: Role): Promise<void>;
  createDatabase(name: string, owner?: string, guests?: readonly string[]): Promise<void>;
  /** Ends all connections, writes a checkpoint and stops; after 20 s it stops at once. */
  stop(): Promise<void>;
}

const STOP_TIMEOUT_MS = 20_000;
const PREDECESSOR_TIMEOUT_MS = 10_000;
const PORT_ATTEMPTS = 5;
/** What every platform's sockaddr_un holds. */
const LONGEST_SOCKET_PATH = 104;

/**
 * Starts PostgreSQL from the npm package on 127.0.0.1 and resolves when it accepts connections. Works as root (it then
 * runs under another account) and as an ordinary user. The server ends with this process, however this process ends.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const socketDir = socketDirOf(dataDir);
  const binaries = await findBinaries();
  await mkdir(dirname(dataDir), { recursive: true });
  const account = await chooseAccount(dataDir, [binaries.postgres]);
  await initialise({ initdb: binaries.initdb, account, dataDir, password: options.superPassword });
  await clearPrevious(dataDir);
  const { process: server, port } = await launchWithRetries(options.port, {
    postgres: binaries.postgres,
    account,
    dataDir,
    settings: { ...defaultSettings, ...(socketDir && { unix_socket_directories: socketDir }), ...options.settings },
    onLog: options.onLog ?? (() => undefined),
  });
  const callOff = watchOver(server.pid);
  server.exited.then(callOff, callOff);

  const urlAt =
    (host: string): EmbeddedPostgres["url"] =>
    (database, role = { name: "postgres", password: options.superPassword }) => {
      const [name, password, path] = [role.name, role.password, database].map(encodeURIComponent);
      return `postgres://${name}:${password}@${host}:${port}/${path}`;
    };
  const url = urlAt("127.0.0.1");
  const administer: EmbeddedPostgres["administer"] = (work, database = "postgres") => withClient(url(database), work);
  return {
    pid: server.pid,
    port,
    exited: server.exited,
    url,
    socketUrl: socketDir === undefined ? url : urlAt(encodeURIComponent(socketDir)),
    administer,
    createRole: (role) => administer((client) => ensureRole(client, role)),
    createDatabase: (name, owner = "postgres", guests = []) =>
      administer((client) => ensureDatabase(client, name, owner, guests)),
    stop: () => stopServer(server),
  };
}

/** The cluster's folder is private to its account, so it is the place for the socket, if the path is not too long. */
function socketDirOf(dataDir: string): string | undefined {
  const fits = Buffer.byteLength(`${dataDir}/.s.PGSQL.65535.lock`) < LONGEST_SOCKET_PATH;
  return process.platform !== "win32" && fits && !dataDir.includes(",") ? dataDir : undefined;
}

async function launchWithRetries(
  wantedPort: number,
  options: Omit<LaunchOptions, "port">,
): Promise<{ process: ServerProcess; port: number }> {
  const deadline = Date.now() + PREDECESSOR_TIMEOUT_MS;
  for (let attempt = 1; ; attempt += 1) {
    const port = wantedPort === 0 ? await findFreePort() : wantedPort;
    try {
      return { process: await launch({ ...options, port }), port };
    } catch (error) {
      if (!(error instanceof PostgresStartError)) throw error;
      const tryOtherPort = error.portTaken && wantedPort === 0 && attempt < PORT_ATTEMPTS;
      const waitForPredecessor = error.predecessorEnding && Date.now() < deadline;
      if (!tryOtherPort && !waitForPredecessor) throw error;
      await delay(100);
    }
  }
}

async function stopServer(server: ServerProcess): Promise<void> {
  if (server.child.exitCode !== null || server.child.signalCode !== null) return;
  const timer = setTimeout(() => server.child.kill("SIGQUIT"), STOP_TIMEOUT_MS);
  server.child.kill("SIGINT");
  await server.exited;
  clearTimeout(timer);
}
