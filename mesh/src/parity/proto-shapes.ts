// Small values of protobuf's JSON, as a dump prints them: what is at its default is absent.
import { z } from "zod";

/** google.protobuf.Duration, in milliseconds. */
export const durationShape = z
  .string()
  .regex(/^-?\d+(\.\d+)?s$/)
  .transform((text) => Math.round(Number(text.slice(0, -1)) * 1e6) / 1e3);

/** 64-bit numbers are text. */
export const numberShape = z.union([z.number(), z.string().regex(/^\d+$/)]).transform(Number);

const denominators = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 } as const;

/** envoy.type.v3.FractionalPercent, in percent. */
export const fractionShape = z
  .object({
    numerator: z.number().default(0),
    denominator: z.enum(["HUNDRED", "TEN_THOUSAND", "MILLION"]).default("HUNDRED"),
  })
  .transform(({ numerator, denominator }) => (100 * numerator) / denominators[denominator]);

/** envoy.type.v3.Percent. */
export const percentShape = z.object({ value: z.number().default(0) }).transform(({ value }) => value);

export const socketAddressShape = z.object({
  socket_address: z.object({ address: z.string().default(""), port_value: z.number().default(0) }).optional(),
});

/** An extension's configuration: its own fields beside the name of its type. */
export const anyShape = z.looseObject({ "@type": z.string() });
export type AnyMessage = z.infer<typeof anyShape>;

/** The name of the message, without the host: `envoy.extensions.filters.http.rbac.v3.RBAC`. */
export const typeOf = (message: AnyMessage): string => message["@type"].slice(message["@type"].lastIndexOf("/") + 1);
