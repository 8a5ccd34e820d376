// What holds for all methods and callers of a service.
import type { Effective, hostFields } from "./effective.ts";
import type { Mesh } from "./mesh.ts";
import { resolveEffective } from "./resolve-effective.ts";

/** The effective values of a service that its methods share: breaker, ejection, load balancing, locality. */
export type HostValues = Pick<Effective, (typeof hostFields)[number]>;

/** As any caller has them. */
export function effectiveOfHost(mesh: Mesh, service: string): HostValues {
  return resolveEffective(mesh, "", service, "").effective;
}
