// Which call a person means by a caller and a method, and what they may have meant where there is no such call.
import { UsageError } from "../exit-codes.ts";
import type { Method } from "../model/catalog.ts";
import { type Mesh, workloadsOf } from "../model/mesh.ts";

/** @throws UsageError naming workloads like it */
export function findCaller(mesh: Mesh, caller: string): string {
  const workloads = workloadsOf(mesh);
  if (workloads.includes(caller)) return caller;
  throw new UsageError(`there is no workload "${caller}"; ${meant(caller, workloads)}`);
}

/**
 * @param given `GetItem`, `InventoryService/GetItem`, the full name, or the path on the wire
 * @throws UsageError listing the methods it may be, or methods like it
 */
export function findMethodByName(mesh: Mesh, given: string): Method {
  const methods = [...mesh.catalog.values()].flatMap((service) => service.methods);
  const wanted = given.replace(/^\//, "");
  const found = methods.filter(
    ({ path }) => path === `/${wanted}` || path.endsWith(`.${wanted}`) || nameIs(path, wanted),
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (found.length > 1) {
    throw new UsageError(
      `"${given}" is the name of several methods: ${found.map(({ path }) => path.slice(1)).join(", ")}`,
    );
  }
  // A name that is given with its service is compared with such names, a bare one with bare ones.
  const names = methods.map(({ path, name }) => (wanted.includes("/") ? path.slice(1) : name));
  throw new UsageError(`there is no method "${given}"; ${meant(wanted, [...new Set(names)])}`);
}

const nameIs = (path: string, wanted: string): boolean => !wanted.includes("/") && path.endsWith(`/${wanted}`);

function meant(given: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, distance: editDistance(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(2, name.length / 3) || contains(name, given))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3);
  return near.length > 0
    ? `did you mean ${near.map(({ name }) => name).join(" or ")}?`
    : `there are: ${names.toSorted().join(", ")}`;
}

const contains = (name: string, given: string): boolean =>
  given.length >= 3 && name.toLowerCase().includes(given.toLowerCase());

/** Letters to add, take away or change to make one word of the other (Levenshtein's distance). */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...b].entries()) {
      const changed = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(changed, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
