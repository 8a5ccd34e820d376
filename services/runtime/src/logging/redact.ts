// Redaction is by name at any depth, so that nobody who logs has to remember it. Text is searched too, for
// connection strings and tokens that libraries put into their error messages.
const secretNames = new Set([
  "authorization",
  "token",
  "paymenttoken",
  "accesstoken",
  "servicetoken",
  "customertoken",
  "operatortoken",
  "email",
  "contact",
  "password",
  "secret",
  "privatekey",
  "databaseurl",
  "connectionstring",
  "cookie",
  "setcookie",
  // What PostgreSQL tells of the row at fault: its values.
  "detail",
  "where",
]);

const censored = "[redacted]";
const maxDepth = 8;

/** Masks credentials in text: passwords in URLs, bearer tokens, JSON Web Tokens. */
export function redactText(text: string): string {
  return text
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^:/@\s"]*:)[^@\s"]+@/gi, `$1${censored}@`)
    .replace(/\b(bearer )[A-Za-z0-9._~+/=-]+/gi, `$1${censored}`)
    .replace(/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g, censored);
}

/** Returns a copy of `value` with secret properties masked. Errors and other class instances are left alone. */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > maxDepth) return "[too deep]";
  if (Array.isArray(value)) return value.map((entry) => redactValue(entry, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return redactRecord(value, depth);
}

/** As {@link redactValue}, for an object whose own properties are to be logged. */
export function redactRecord(record: object, depth = 0): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(record)) {
    const secret = secretNames.has(name.replace(/[_-]/g, "").toLowerCase());
    result[name] = secret && entry !== undefined ? censored : redactValue(entry, depth + 1);
  }
  return result;
}
