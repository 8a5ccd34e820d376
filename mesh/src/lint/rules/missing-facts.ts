// What the files leave out so that a default nobody chose takes its place.
import { codeFoldersOf } from "../../code-calls/code-calls.ts";
import { edgesOf } from "../calls.ts";
import { type Found, type Rule, references } from "../finding.ts";

export const serviceWithoutPolicy: Rule = {
  code: "MESH-006",
  severity: "warning",
  title: "A service is called, but has no policy",
  why: "Istio's defaults hold, and nobody wrote them down: two retries on five conditions whatever the method does, no timeout, no limit of concurrent requests or retries, no ejection, ten seconds to connect.",
  wrong: "# callers.yaml allows calls of cinema.seats.v1.SeatService; policies/ has no file for it",
  right: "# policies/seats.yaml\nservice: cinema.seats.v1.SeatService\nworkload: seats",
  sources: [references.virtualService, "https://github.com/istio/istio/issues/50506"],
  check: ({ mesh }) => {
    const found = new Map<string, Found>();
    for (const { service, caller, place } of edgesOf(mesh)) {
      if (mesh.services.has(service) || found.has(service)) continue;
      found.set(service, {
        file: place.file,
        line: place.line,
        service,
        caller,
        message: "no policy: Istio retries twice, without any timeout, breaker or ejection",
        fix: `add a file under policies/ with service: ${service}`,
      });
    }
    return [...found.values()];
  },
};

export const unreadableCode: Rule = {
  code: "MESH-007",
  severity: "error",
  title: "Source code that cannot be read",
  why: "The calls of a workload whose folder is missing or does not parse cannot be compared with callers.yaml, so a call that will be denied, and a permission that nobody uses, both stay unseen.",
  wrong: "code: [../services/seat/src]  # moved to ../services/seats/src",
  right: "code: [../services/seats/src]",
  sources: [references.authorization],
  check: ({ mesh, codeCalls }) =>
    codeCalls.unread.map(({ workload, file, line, message }) => {
      const isFolder = codeFoldersOf(mesh, workload).includes(file);
      return {
        ...(isFolder ? placeOfFolder(mesh, workload, file) : { file, line }),
        caller: workload,
        message: isFolder ? `${file}: ${message}` : message,
        fix: isFolder ? "write the folder as seen from the mesh folder" : "mend the file, or leave its folder out",
      };
    }),
};

function placeOfFolder(mesh: Parameters<Rule["check"]>[0]["mesh"], workload: string, folder: string) {
  const index = mesh.callers.value.callers[workload]?.code.indexOf(folder) ?? -1;
  if (index >= 0) return mesh.callers.at(["callers", workload, "code", index]);
  for (const { policy } of mesh.services.values()) {
    const at = policy.value.workload === workload ? policy.value.code.indexOf(folder) : -1;
    if (at >= 0) return policy.at(["code", at]);
  }
  return { file: folder, line: 1 };
}

export const replicasNotSaid: Rule = {
  code: "MESH-008",
  severity: "warning",
  title: "Replicas are named for some environments, and not for this one",
  why: "One replica is assumed where an environment is left out. What depends on the count is then judged wrongly: whether a host can be ejected, and how many client proxies a threshold is multiplied by.",
  wrong: "replicas: { dev: 2 }  # mesh.yaml lists dev and live",
  right: "replicas: { dev: 2, live: 4 }",
  sources: [references.outlier],
  check: ({ mesh }) => {
    const { environment } = mesh;
    const fix = `add ${environment} to replicas, or write one number for all`;
    const message = `replicas says nothing of ${environment}: 1 is assumed`;
    const leavesOut = (replicas: number | Readonly<Record<string, number>>): boolean =>
      typeof replicas !== "number" && replicas[environment] === undefined;
    return [
      ...[...mesh.services]
        .filter(([, { policy }]) => leavesOut(policy.value.replicas))
        .map(([service, { policy }]) => ({ ...policy.at(["replicas"]), service, message, fix })),
      ...Object.entries(mesh.callers.value.callers)
        .filter(([, { replicas }]) => leavesOut(replicas))
        .map(([caller]) => ({ ...mesh.callers.at(["callers", caller, "replicas"]), caller, message, fix })),
    ];
  },
};
