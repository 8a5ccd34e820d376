// The call graph that callers.yaml draws: `calls` and `during` must tell one story.
import type { Mesh } from "../../model/mesh.ts";
import { descentsOf, edgesOf } from "../calls.ts";
import { type Rule, references } from "../finding.ts";

export const duringNotAllowed: Rule = {
  code: "MESH-073",
  severity: "error",
  title: "A call that is made, but not allowed",
  why: "`during` says that a method needs the call, and `calls` does not allow it: the mesh denies it, and the method above fails each time.",
  wrong:
    "calls: { cinema.seats.v1.SeatService: [HoldSeats] }\nduring: { CancelBooking: { cinema.seats.v1.SeatService: [ReleaseSeats] } }",
  right: "calls: { cinema.seats.v1.SeatService: [HoldSeats, ReleaseSeats] }",
  sources: [references.authorization],
  check: ({ mesh }) => {
    const allowed = new Set(edgesOf(mesh).map(({ caller, method }) => `${caller} ${method.path}`));
    return mentioned(mesh)
      .filter(({ caller, service, method }) => !allowed.has(`${caller} /${service}/${method}`))
      .filter(({ service, method }) => mesh.catalog.get(service)?.methods.some(({ name }) => name === method))
      .map(({ caller, service, method, serving, index }) => ({
        ...mesh.callers.at(["callers", caller, "during", serving, service, index]),
        caller,
        service,
        method,
        message: `${serving === "*" ? caller : serving} makes this call, and calls of ${caller} does not allow it`,
        fix: `add ${method} to calls of ${caller}, or take it out of during`,
      }));
  },
};

export const callCycle: Rule = {
  code: "MESH-074",
  severity: "error",
  title: "Calls that lead back to where they came from",
  why: "A request that comes back to its own service waits for itself: with the pool of workers or connections full nobody can answer (a distributed deadlock), and retries along the circle multiply without an end.",
  wrong: "# Book calls HoldSeats, and HoldSeats calls Book",
  right: "# Book calls HoldSeats; what HoldSeats needs of the booking comes with the request",
  sources: [references.cascading],
  check: ({ mesh }) => {
    const descents = descentsOf(mesh);
    const path = (each: (typeof descents)[number]["above"]): string => each.method.path;
    const seen = new Set<string>();
    return descents.flatMap((start) => {
      const circle = wayBack(descents, path(start.below), path(start.above), [path(start.above)]);
      const key = circle?.toSorted().join() ?? "";
      if (circle === undefined || seen.has(key)) return [];
      seen.add(key);
      return [
        {
          file: start.place.file,
          line: start.place.line,
          caller: start.caller,
          service: start.below.service,
          method: start.below.method.name,
          message: `a circle: ${[...circle, circle[0]].map((name) => name?.slice(1).split(".").at(-1)).join(" → ")}`,
          fix: "let one of them have what it needs without the call",
        },
      ];
    });
  },
};

function wayBack(
  descents: ReturnType<typeof descentsOf>,
  from: string,
  to: string,
  gone: readonly string[],
): readonly string[] | undefined {
  if (from === to) return gone;
  if (gone.includes(from)) return undefined;
  for (const { above, below } of descents) {
    if (above.method.path !== from) continue;
    const circle = wayBack(descents, below.method.path, to, [...gone, from]);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

export const edgeWithoutCause: Rule = {
  code: "MESH-075",
  severity: "warning",
  title: "A call of which nobody says when it is made",
  why: "Retries at two hops, deadlines and amplification are worked out along `during`. A call that it leaves out is not counted anywhere, and the worst case that is shown is too low.",
  wrong: "booking: { calls: { cinema.seats.v1.SeatService: [HoldSeats] } }  # no during",
  right:
    "booking: { calls: { cinema.seats.v1.SeatService: [HoldSeats] }, during: { Book: { cinema.seats.v1.SeatService: [HoldSeats] } } }",
  sources: [references.cascading],
  check: ({ mesh }) => {
    const serving = new Set([...mesh.services.values()].map(({ policy }) => policy.value.workload));
    const said = new Set(mentioned(mesh).map(({ caller, service, method }) => `${caller} /${service}/${method}`));
    return edgesOf(mesh)
      .filter(({ caller }) => serving.has(caller))
      .filter(({ caller, method }) => !said.has(`${caller} ${method.path}`))
      .map(({ caller, service, method, place }) => ({
        file: place.file,
        line: place.line,
        caller,
        service,
        method: method.name,
        message: `${caller} serves methods itself, and during does not say for which of them it makes this call`,
        fix: 'name it under during of the method that needs it, or under "*"',
      }));
  },
};

/** Every call that `during` names. */
function mentioned(mesh: Mesh) {
  return Object.entries(mesh.callers.value.callers).flatMap(([caller, { during }]) =>
    Object.entries(during).flatMap(([serving, services]) =>
      Object.entries(services).flatMap(([service, methods]) =>
        methods.map((method, index) => ({ caller, serving, service, method, index })),
      ),
    ),
  );
}
