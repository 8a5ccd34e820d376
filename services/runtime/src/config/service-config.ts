import { z } from "zod";
import { eventLogUrlAllowed, parseEventLogUrl } from "../event-log/event-log-url.ts";
import { hostPort } from "./address.ts";

/** A whole number written in decimal digits, within bounds. */
export function wholeNumber(min: number, max: number): z.ZodType<number, string> {
  const allowed = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, allowed)
    .transform(Number)
    .refine((value) => value >= min && value <= max, allowed)
    .describe(allowed);
}

/** URL of a PostgreSQL database. */
export const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\/./)
  .describe("postgres://user:password@host:port/database");

/** URL of a Redis; `rediss` is by TLS. */
export const redisUrl = z
  .string()
  .regex(/^rediss?:\/\/./)
  .refine((url) => URL.canParse(url))
  .describe("redis://user:password@host:port");

/** URL of an event log; it chooses the driver. */
const eventLogUrl = z
  .string()
  .superRefine((url, context) => {
    try {
      parseEventLogUrl(url);
    } catch (error) {
      context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
    }
  })
  .describe(eventLogUrlAllowed);

const text = (allowed: string): z.ZodString => z.string().min(1).describe(allowed);

/** Variables that every service reads; a service spreads them beside its own. */
export const serviceConfigShape = {
  ORDERMESH_INSTANCE: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .describe("1 to 63 of a-z, 0-9 and -, for example order-1"),
  ORDERMESH_GRPC_LISTEN: hostPort,
  ORDERMESH_CONNECT_LISTEN: hostPort,
  ORDERMESH_HEALTH_LISTEN: hostPort,
  ORDERMESH_DATABASE_URL: databaseUrl,
  ORDERMESH_DATABASE_POOL: wholeNumber(1, 1000).default(8),
  ORDERMESH_EVENT_LOG_URL: eventLogUrl,
  ORDERMESH_JWKS_FILE: text("path of a file with a JSON Web Key Set"),
  ORDERMESH_JWT_ISSUER: text("the issuer that tokens must name"),
  ORDERMESH_JWT_AUDIENCE: text("the audience that tokens must name"),
  ORDERMESH_LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("fatal, error, warn, info, debug, trace or silent"),
  ORDERMESH_SHUTDOWN_TIMEOUT_MS: wholeNumber(100, 600_000).default(10_000),
} as const;

/** The common variables alone. */
export const serviceConfig = z.object(serviceConfigShape);

/** Values of the common variables. */
export type ServiceConfig = z.output<typeof serviceConfig>;
