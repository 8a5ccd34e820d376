// What callers.yaml allows against what the code does.
import type { CodeCall, WorkloadCode } from "../../code-calls/code-calls.ts";
import type { Mesh } from "../../model/mesh.ts";
import { edgesOf } from "../calls.ts";
import { type LintInput, type Rule, references } from "../finding.ts";

export const methodWithoutCaller: Rule = {
  code: "MESH-070",
  severity: "warning",
  title: "A method that no caller may call",
  why: "The mesh denies what nobody allowed, so the method is dead behind its sidecar: either a permission is missing and its first user will be denied, or code, policy and proto carry something nobody needs.",
  wrong: "calls: { cinema.seats.v1.SeatService: [HoldSeats] }  # and nobody calls ListSeats",
  right: "calls: { cinema.seats.v1.SeatService: [HoldSeats, ListSeats] }",
  sources: [references.authorization],
  check: ({ mesh }) => {
    const called = new Set(edgesOf(mesh).map(({ method }) => method.path));
    return [...mesh.services].flatMap(([service, { policy }]) =>
      (mesh.catalog.get(service)?.methods ?? [])
        .filter(({ path }) => !called.has(path))
        .map((method) => ({
          ...policy.at(method.name in policy.value.methods ? ["methods", method.name] : ["service"]),
          service,
          method: method.name,
          message: `nobody may call ${method.name} (${method.file}:${method.line})`,
          fix: "allow a caller in callers.yaml, or take the method away",
        })),
    );
  },
};

export const edgeNotUsed: Rule = {
  code: "MESH-071",
  severity: "warning",
  title: "A permission that the code does not use",
  why: "Whoever takes over a workload may call all that it is allowed to call. What the code does not use is only of use to an intruder, and hides what the service really depends on. Not seen are calls in other languages and clients without a type under a name of their own.",
  wrong: "callers: { booking: { calls: { cinema.seats.v1.SeatService: all } } }  # its code calls HoldSeats",
  right: "callers: { booking: { calls: { cinema.seats.v1.SeatService: [HoldSeats] } } }",
  sources: [references.authorization],
  check: ({ mesh, codeCalls }) =>
    edgesOf(mesh).flatMap(({ caller, service, method, place }) => {
      const code = readable(codeCalls.workloads, caller);
      if (code === undefined || usesOf(mesh, code).some((use) => isUse(use, service, method.name))) return [];
      return [
        {
          file: place.file,
          line: place.line,
          caller,
          service,
          method: method.name,
          message: `allowed, and not called in ${code.folders.join(", ")} (files read: ${code.files})`,
          fix: "take it away, or suppress this with what calls it",
        },
      ];
    }),
};

export const callWithoutEdge: Rule = {
  code: "MESH-072",
  severity: "error",
  title: "The code makes a call that is not allowed",
  why: "Where the mesh denies by default the call ends in PERMISSION_DENIED: RBAC: access denied. It works on a machine without a mesh and in every test, and fails with the first request in the cluster.",
  wrong: "await seats.releaseSeats({ holdId });  // callers.yaml allows HoldSeats only",
  right: "callers: { booking: { calls: { cinema.seats.v1.SeatService: [HoldSeats, ReleaseSeats] } } }",
  sources: [references.authorization, "https://github.com/istio/istio/issues/20479"],
  check: (input) => {
    const { mesh, codeCalls } = input;
    const allowed = new Set(edgesOf(mesh).map(({ caller, method }) => `${caller} ${method.path}`));
    const seen = new Set<string>();
    return codeCalls.workloads.flatMap((code) =>
      usesOf(mesh, code).flatMap((use) => {
        if (use.method === undefined) return [];
        const key = `${code.workload} /${use.service}/${use.method}`;
        if (allowed.has(key) || seen.has(key)) return [];
        seen.add(key);
        return [
          {
            file: use.file,
            line: use.line,
            caller: code.workload,
            service: use.service,
            method: use.method,
            message: `callers.yaml does not let ${code.workload} call ${use.method}: it is denied`,
            fix: `allow it: callers.${code.workload}.calls: { ${use.service}: [${use.method}] }`,
          },
        ];
      }),
    );
  },
};

/** Without sources nothing can be said of a caller; one that transcodes is known without. */
function readable(workloads: LintInput["codeCalls"]["workloads"], caller: string): WorkloadCode | undefined {
  return workloads.find((code) => code.workload === caller && code.files > 0);
}

/** What the code calls, and what it transcodes: every method with a google.api.http annotation. */
function usesOf(mesh: Mesh, { workload, calls }: WorkloadCode): CodeCall[] {
  if (mesh.callers.value.callers[workload]?.transcodes !== true) return [...calls];
  const { file, line } = mesh.callers.at(["callers", workload, "transcodes"]);
  const routes = [...mesh.catalog.values()].flatMap(({ methods }) => methods.filter(({ http }) => http));
  return [...calls, ...routes.map(({ service, name }) => ({ service, method: name, file, line }))];
}

const isUse = (use: CodeCall, service: string, method: string): boolean =>
  use.service === service && (use.method === undefined || use.method === method);
