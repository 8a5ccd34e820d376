// What two states of a mesh allow differently.
import type { Mesh } from "../model/mesh.ts";
import { authorizationMatrix, type Verdict } from "./matrix.ts";

export interface AuthorizationChange {
  /** Allowed now and not before: somebody may do more. */
  readonly widened: readonly Verdict[];
  /** Allowed before and not now, with the line that allowed it. */
  readonly narrowed: readonly Verdict[];
}

/**
 * Compares by identity and path, as the mesh itself decides: a caller that gets another identity loses and gains, and a
 * new method under `all` is one more that may be called.
 */
export function compareAuthorization(before: Mesh, now: Mesh): AuthorizationChange {
  const was = allowedIn(before);
  const is = allowedIn(now);
  return {
    widened: [...is].filter(([edge]) => !was.has(edge)).map(([, verdict]) => verdict),
    narrowed: [...was].filter(([edge]) => !is.has(edge)).map(([, verdict]) => verdict),
  };
}

function allowedIn(mesh: Mesh): Map<string, Verdict> {
  const edges = new Map<string, Verdict>();
  for (const verdict of authorizationMatrix(mesh)) {
    const edge = `${verdict.identity} /${verdict.service}/${verdict.method}`;
    if (verdict.allowed && !edges.has(edge)) edges.set(edge, verdict);
  }
  return edges;
}
