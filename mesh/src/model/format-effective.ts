// How every value of EffectiveValues is called and shown to people: one place for all commands.
import { formatDuration } from "../files/values.ts";
import type { EffectiveField, EffectiveValues, Fault } from "./effective.ts";
import { unlimited } from "./istio-defaults.ts";

interface Display<Value> {
  readonly label: string;
  readonly format: (value: Value) => string;
  /** Absent: the field always counts. */
  readonly counts?: (values: Enabling) => boolean;
}

/** The values on which it depends whether others change anything. */
export type Enabling = Pick<
  EffectiveValues,
  "retryAttempts" | "retryBudgetPercent" | "ejectAfterErrors" | "ejectAfterGatewayErrors"
>;

const duration = (ms: number | null): string => (ms === null ? "none" : formatDuration(ms));
const percent = (share: number | null): string => (share === null ? "none" : `${share}%`);
const threshold = (count: number): string => (count >= unlimited ? "unlimited" : String(count));
const after = (count: number | null): string => (count === null ? "off" : String(count));

function fault(value: Fault | null): string {
  if (value === null) return "none";
  const { abort, delay } = value;
  const parts = [
    ...(abort ? [`abort ${abort.status} ${percent(abort.percent)}`] : []),
    ...(delay ? [`delay ${duration(delay.fixedMs)} ${percent(delay.percent)}`] : []),
  ];
  return parts.length === 0 ? "none" : parts.join(", ");
}

const retries = ({ retryAttempts }: Enabling): boolean => retryAttempts > 0;
const budget = (values: Enabling): boolean => values.retryBudgetPercent !== null;
const ejects = ({ ejectAfterErrors, ejectAfterGatewayErrors }: Enabling): boolean =>
  ejectAfterErrors !== null || ejectAfterGatewayErrors !== null;

const displays: { readonly [Field in EffectiveField]: Display<EffectiveValues[Field]> } = {
  allowed: { label: "authorization", format: (allowed) => (allowed ? "allowed" : "denied") },
  mtls: { label: "mTLS", format: String },
  timeoutMs: { label: "timeout", format: duration },
  retryAttempts: { label: "retries", format: (attempts) => (attempts === 0 ? "none" : String(attempts)) },
  retryPerTryMs: { label: "per try", format: duration, counts: retries },
  retryOn: { label: "retry on", format: (on) => (on.length === 0 ? "nothing" : on.join(", ")), counts: retries },
  retryBackoffBaseMs: { label: "first back-off", format: duration, counts: retries },
  retryBackoffMaxMs: { label: "longest back-off", format: duration, counts: retries },
  fault: { label: "fault", format: fault },
  connectTimeoutMs: { label: "connect timeout", format: duration },
  maxRequests: { label: "requests", format: threshold },
  maxPending: { label: "pending requests", format: threshold },
  maxConnections: { label: "connections", format: threshold },
  retryBudgetPercent: { label: "retry budget", format: percent },
  retryBudgetMinimum: { label: "retry budget, least", format: String, counts: budget },
  // Envoy: a budget takes the place of max_retries.
  maxRetries: { label: "concurrent retries", format: threshold, counts: (values) => !budget(values) },
  ejectAfterGatewayErrors: { label: "eject after gateway errors", format: after },
  ejectAfterErrors: { label: "eject after errors", format: after },
  ejectIntervalMs: { label: "ejection interval", format: duration, counts: ejects },
  ejectBaseMs: { label: "ejected for", format: duration, counts: ejects },
  ejectMaxPercent: { label: "ejected at most", format: percent, counts: ejects },
  ejectMinHealthPercent: { label: "ejection above health of", format: percent, counts: ejects },
  loadBalancing: { label: "load balancing", format: String },
  locality: { label: "locality", format: String },
};

/** Every field, in the order in which commands show them. */
export const effectiveFields = Object.keys(displays) as readonly EffectiveField[];

/** @returns what people call the field: `per try` for `retryPerTryMs` */
export const labelOf = (field: EffectiveField): string => displays[field].label;

/** @returns the value as people read it: `250ms`, `20%`, `none`, `off`, `unlimited` */
export function formatValue<Field extends EffectiveField>(field: Field, value: EffectiveValues[Field]): string {
  return displays[field].format(value);
}

/**
 * Whether the field changes anything beside the other values: a back-off means nothing without retries, the length of
 * an ejection nothing without a threshold, and Envoy leaves `maxRetries` aside where a budget is set.
 */
export function hasEffect(field: EffectiveField, values: Enabling): boolean {
  return displays[field].counts?.(values) ?? true;
}
