// Findings that are accepted, each with the reason that somebody wrote.
import type { Mesh } from "../model/mesh.ts";
import type { Found } from "./finding.ts";
import type { Place } from "./methods.ts";

export interface Suppression {
  readonly code: string;
  /** A method, or service/method. */
  readonly method: string | undefined;
  readonly reason: string;
  /** The service of the policy file that says it; undefined: callers.yaml does. */
  readonly service: string | undefined;
  readonly place: Place;
}

/** Those of all policy files and of callers.yaml. */
export function suppressionsOf(mesh: Mesh): Suppression[] {
  return [
    ...[...mesh.services].flatMap(([service, { policy }]) =>
      policy.value.suppress.map(({ code, method, reason }, index) => {
        return { code, method, reason, service, place: policy.at(["suppress", index]) };
      }),
    ),
    ...mesh.callers.value.suppress.map(({ code, method, reason }, index) => {
      return { code, method, reason, service: undefined, place: mesh.callers.at(["suppress", index]) };
    }),
  ];
}

/** A policy file accepts findings about its service, callers.yaml those about a caller or in itself. */
export function accepts(suppression: Suppression, code: string, found: Found, callersFile: string): boolean {
  if (suppression.code !== code) return false;
  const concerned =
    suppression.service === undefined
      ? found.caller !== undefined || found.file === callersFile
      : found.service === suppression.service;
  const { method } = suppression;
  return (
    concerned && (method === undefined || method === found.method || method === `${found.service}/${found.method}`)
  );
}
