const TRANSIENT_CLASSES = new Set([
  "08", // connection exception
  "53", // insufficient resources: too many connections, disk full, out of memory
  "58", // system error outside PostgreSQL
]);

const TRANSIENT_CODES = new Set([
  "25006", // read-only transaction: a replica that is about to be promoted
  "40001", // serialization failure
  "40P01", // deadlock
  "55P03", // lock not available
  "57014", // statement cancelled, by a timeout or by request
  "57P01", // admin shutdown
  "57P02", // crash shutdown
  "57P03", // cannot connect now
  "57P04", // database dropped while connected
  "57P05", // idle session timeout
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "P1001", // Prisma: cannot reach the database
  "P1002", // Prisma: the database timed out
  "P1008", // Prisma: operation timed out
  "P1017", // Prisma: the server closed the connection
  "P2024", // Prisma: no connection from the pool in time
  "P2034", // Prisma: write conflict or deadlock
]);

// pg reports these without a code.
const TRANSIENT_MESSAGES = [
  "Connection terminated",
  "Client has encountered a connection error",
  "Client was closed",
  "timeout exceeded when trying to connect",
  "Query read timeout",
  "Cannot use a pool after calling end",
  "cached plan must not change result type",
];

/** What errors of pg, Node and Prisma may carry; Prisma keeps the driver's error in `meta`. */
interface DatabaseFault {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly meta?: { readonly driverAdapterError?: unknown } | null;
}

function isTransientCode(code: unknown): boolean {
  if (typeof code !== "string") return false;
  return TRANSIENT_CODES.has(code) || (code.length === 5 && TRANSIENT_CLASSES.has(code.slice(0, 2)));
}

/**
 * Whether a database error says nothing about the statement itself, so that the same work may succeed later: connection
 * loss, shutdown, too many connections, serialization failure, deadlock, timeout. Looks through `cause` and the codes
 * that Prisma's pg adapter keeps. After a lost connection a commit may have happened: repeat only what is idempotent.
 */
export function isTransient(error: unknown): boolean {
  for (let current = error, depth = 0; current instanceof Object && depth < 5; depth++) {
    const { code, originalCode, message, cause, meta } = current as DatabaseFault;
    if (isTransientCode(code) || isTransientCode(originalCode)) return true;
    if (typeof message === "string" && TRANSIENT_MESSAGES.some((known) => message.includes(known))) return true;
    current = cause ?? meta?.driverAdapterError;
  }
  return false;
}
