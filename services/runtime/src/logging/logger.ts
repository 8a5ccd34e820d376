import { type DestinationStream, type Logger as PinoLogger, pino } from "pino";
import { redactRecord, redactText } from "./redact.ts";
import { standardOutput } from "./standard-output.ts";

/** Structured logger; JSON lines. */
export type Logger = PinoLogger;

/** What names a logger. `destination` is for tests; by default lines go to standard output. */
export interface LoggerOptions {
  name: string;
  instance: string;
  level?: string;
  destination?: DestinationStream | undefined;
}

/**
 * Creates the logger of a process. Values named authorization, token, password, email, contact, paymentToken and the
 * like are masked at any depth, credentials in connection strings and bearer tokens also within text.
 */
export function createLogger({ name, instance, level = "info", destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { name, instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (record: object) => redactRecord(record),
    },
    serializers: { err: describeError },
    hooks: { streamWrite: redactText },
  };
  const logger: Logger = pino(options, destination ?? standardOutput());
  redactChildren(logger);
  return logger;
}

/** Bindings of child loggers pass no formatter of pino's; children inherit this method from their parent. */
function redactChildren(logger: Logger): void {
  const createChild = logger.child;
  const child = function (this: Logger, bindings: object, options?: object): Logger {
    return createChild.call(this, redactRecord(bindings), options) as unknown as Logger;
  };
  logger.child = child as unknown as Logger["child"];
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return redactRecord(pino.stdSerializers.err(error));
}
