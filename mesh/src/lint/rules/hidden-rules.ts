// Rules that change nothing, because another says the same or goes before.
import { isDeepStrictEqual } from "node:util";
import type { Path } from "../../files/issues.ts";
import type { MethodPolicy } from "../../files/policy-file.ts";
import type { Mesh } from "../../model/mesh.ts";
import { type Found, type Rule, references } from "../finding.ts";

export const sameAsDefaults: Rule = {
  code: "MESH-080",
  severity: "warning",
  title: "A method's entry that says what the defaults say",
  why: "It reads like an exception and is none. When the defaults change it silently becomes one, and nobody remembers whether that was meant.",
  wrong: "defaults: { timeout: 800ms }\nmethods: { ListSeats: { timeout: 800ms } }",
  right: "defaults: { timeout: 800ms }",
  sources: [references.virtualService],
  check: ({ mesh }) =>
    [...mesh.services].flatMap(([service, { policy }]) =>
      Object.entries(policy.value.methods).flatMap(([method, says]) => {
        const empty = Object.keys(says).length === 0;
        // A field of which a part differs is an exception, and easier to read when it is whole.
        const same = Object.entries(says)
          .map(([field, value]) => [field, value, policy.value.defaults[field as keyof MethodPolicy]] as const)
          .filter(([, value, below]) => below !== undefined && addsNothing(value, below))
          .map(([field]) => field);
        return [...(empty ? [undefined] : []), ...same].map((field) => ({
          ...policy.at(["methods", method, ...(field === undefined ? [] : [field])]),
          service,
          method,
          message: field === undefined ? `${method} says nothing` : `${field} is what the defaults say`,
          fix: "take it away",
        }));
      }),
    ),
};

const addsNothing = (says: unknown, below: unknown): boolean =>
  isRecord(says) && isRecord(below)
    ? Object.entries(says).every(([key, value]) => isDeepStrictEqual(value, below[key]))
    : isDeepStrictEqual(says, below);

export const sameAsBase: Rule = {
  code: "MESH-081",
  severity: "warning",
  title: "An overlay that says what the policy says",
  why: "An overlay is read as what differs in an environment. One that repeats the base keeps the old value there when the base is changed for all.",
  wrong:
    "# overlays/live.yaml, and policies/seats.yaml says the same\nservices: { cinema.seats.v1.SeatService: { breaker: { requests: 200 } } }",
  right: "services: {}",
  sources: [references.destinationRule],
  check: ({ mesh }) =>
    [...mesh.services].flatMap(([service, { policy, overlay }]) => {
      const changes = overlay?.value.services[service];
      if (overlay === undefined || changes === undefined) return [];
      const { defaults, methods, ...host } = changes;
      const fields: Path[] = [
        ...repeated(host, policy.value),
        ...repeated(defaults, policy.value.defaults).map((rest) => ["defaults", ...rest]),
        ...Object.entries(methods).flatMap(([method, says]) =>
          repeated(says, policy.value.methods[method] ?? {}).map((rest) => ["methods", method, ...rest]),
        ),
      ];
      return fields.map((path) => ({
        ...overlay.at(["services", service, ...path]),
        service,
        message: `${path.join(".")} is what ${policy.file}:${policy.at(path).line} says`,
        fix: "take it away",
      }));
    }),
};

/** Paths of the fields, and of their parts, that are the same below. */
function repeated(says: object, below: object): Path[] {
  return Object.entries(says).flatMap(([field, value]): Path[] => {
    const other = (below as Record<string, unknown>)[field];
    if (value === undefined || other === undefined) return [];
    if (isDeepStrictEqual(value, other)) return [[field]];
    if (!isRecord(value) || !isRecord(other)) return [];
    return repeated(value, other).map((rest) => [field, ...rest]);
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const defaultsUnused: Rule = {
  code: "MESH-084",
  severity: "warning",
  title: "Defaults that every method replaces",
  why: "They hold for no call today, and for every method that is added tomorrow: values that nobody has tried.",
  wrong: "defaults: { timeout: 30s }\nmethods: { QuotePrices: { timeout: 400ms } }  # its only method",
  right: "defaults: { timeout: 400ms }",
  sources: [references.virtualService],
  check: ({ mesh }) =>
    [...mesh.services].flatMap(([service, { policy }]) => {
      const names = (mesh.catalog.get(service)?.methods ?? []).map(({ name }) => name);
      const replaced = (field: keyof MethodPolicy): boolean =>
        names.length > 0 &&
        names.every((name) => replaces(policy.value.methods[name]?.[field], policy.value.defaults[field]));
      return (["timeout", "retries", "fault"] as const)
        .filter((field) => policy.value.defaults[field] !== undefined && replaced(field))
        .map((field) => ({
          ...policy.at(["defaults", field]),
          service,
          message: `defaults.${field} holds for none of ${names.join(", ")}: each says its own`,
          fix: "take it away, or let the methods that can share it",
        }));
    }),
};

/** Whether nothing of the default shows through. */
function replaces(says: unknown, below: unknown): boolean {
  if (says === undefined) return false;
  if (!isRecord(says) || !isRecord(below)) return true;
  return Object.keys(below).every((key) => says[key] !== undefined);
}

export const methodTwice: Rule = {
  code: "MESH-085",
  severity: "warning",
  title: "A method twice in one list",
  why: "The second adds nothing. Mostly another method was meant, and that one is denied.",
  wrong: "calls: { cinema.seats.v1.SeatService: [HoldSeats, HoldSeats] }",
  right: "calls: { cinema.seats.v1.SeatService: [HoldSeats, ReleaseSeats] }",
  sources: [references.authorization],
  check: ({ mesh }) => duplicates(mesh),
};

function duplicates(mesh: Mesh): Found[] {
  return Object.entries(mesh.callers.value.callers).flatMap(([caller, { calls }]) =>
    Object.entries(calls).flatMap(([service, methods]) =>
      (methods === "all" ? [] : methods).flatMap((method, index, all) =>
        all.indexOf(method) === index
          ? []
          : [
              {
                ...mesh.callers.at(["callers", caller, "calls", service, index]),
                caller,
                service,
                method,
                message: `${method} is in the list already`,
                fix: "take it away, or write the method that was meant",
              },
            ],
      ),
    ),
  );
}
