import { z } from "zod";

/** Every fault of a configuration at once. The message has one line per variable. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`configuration is not valid:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    this.name = "ConfigError";
    this.faults = faults;
  }
}

/**
 * Reads the variables named by the keys of `schema`, once, at the start of a process. An empty variable counts as not
 * set. Throws {@link ConfigError} that lists every fault: the variable, what was given (secrets masked), what is
 * allowed.
 */
export function readConfig<T extends z.ZodObject>(
  schema: T,
  env: Readonly<Record<string, string | undefined>> = process.env,
): z.output<T> {
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = env[name];
    if (value !== undefined && value !== "") given[name] = value;
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(result.error.issues.map((issue) => describeFault(schema, given, issue)));
}

function describeFault(schema: z.ZodObject, given: Record<string, string>, issue: z.core.$ZodIssue): string {
  const name = String(issue.path[0] ?? "");
  if (!name) return issue.message;
  const value = given[name];
  const allowed = allowedText(schema.shape[name]) ?? issue.message;
  return `${name}: ${value === undefined ? "not set" : `given ${mask(name, value)}`}, allowed ${allowed}`;
}

/** The description of a schema, looking through defaults and optionals. */
function allowedText(schema: z.core.$ZodType | undefined): string | undefined {
  let current: unknown = schema;
  while (current instanceof z.ZodType) {
    if (current.description) return current.description;
    current = "innerType" in current.def ? current.def.innerType : undefined;
  }
  return undefined;
}

function mask(name: string, value: string): string {
  if (/(PASSWORD|SECRET|TOKEN|_KEY)$/.test(name)) return "(a secret)";
  return JSON.stringify(value.replace(/(:\/\/[^:/@\s]*:)[^@\s]*@/g, "$1***@"));
}
