export { createLogger, type Logger, type LoggerOptions } from "./logger.ts";
export { redactText } from "./redact.ts";
