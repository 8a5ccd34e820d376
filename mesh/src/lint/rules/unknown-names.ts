// Names that nothing else knows: services, methods, workloads, environments.
import type { Path } from "../../files/issues.ts";
import type { Positioned } from "../../files/positioned.ts";
import { findMethod } from "../../model/catalog.ts";
import { type Mesh, workloadsOf } from "../../model/mesh.ts";
import { type Found, type Rule, references } from "../finding.ts";

/** A service, and perhaps a method of it, that a file names. */
interface Named {
  readonly service: string;
  readonly method?: string;
  readonly caller?: string;
  readonly of: Positioned<unknown>;
  readonly path: Path;
}

export const unknownService: Rule = {
  code: "MESH-002",
  severity: "error",
  title: "A service that no proto declares",
  why: "What is said of it is rendered for a name that no request carries, so the calls that were meant get Istio's silent defaults: two retries, no timeout, no breaker. It happens when a package or version of a proto is renamed and the policy is not.",
  wrong: "service: cinema.seats.v2.SeatService  # the proto says v1",
  right: "service: cinema.seats.v1.SeatService",
  sources: [references.virtualService],
  check: ({ mesh }) =>
    namesIn(mesh)
      .filter(({ service }) => !mesh.catalog.has(service))
      .map(({ service, caller, of, path }) => ({
        ...of.at(path),
        service,
        ...(caller !== undefined && { caller }),
        message: `no proto declares ${service}`,
        fix: `write one of: ${[...mesh.catalog.keys()].join(", ")}`,
      })),
};

export const unknownMethod: Rule = {
  code: "MESH-003",
  severity: "error",
  title: "A method that its service does not have",
  why: "A route or a permission for a path that no request carries has no effect: the method that was meant keeps the defaults of its service, retries included, and its callers are denied.",
  wrong: "methods: { HoldSeat: { retries: none } }  # the proto says HoldSeats",
  right: "methods: { HoldSeats: { retries: none } }",
  sources: [references.virtualService, references.authorization],
  check: ({ mesh }) =>
    namesIn(mesh).flatMap(({ service, method, caller, of, path }) => {
      const known = mesh.catalog.get(service);
      if (known === undefined || method === undefined || findMethod(mesh.catalog, service, method)) return [];
      return [
        {
          ...of.at(path),
          service,
          method,
          ...(caller !== undefined && { caller }),
          message: `${service} has no method ${method}`,
          fix: `write one of: ${known.methods.map(({ name }) => name).join(", ")}`,
        },
      ];
    }),
};

export const unknownWorkload: Rule = {
  code: "MESH-004",
  severity: "error",
  title: "A workload, caller or environment that nothing else names",
  why: "The value is for nobody: replicas of an environment that mesh.yaml does not list are never used, and one replica is assumed where they were meant; a gateway without an entry in callers.yaml may call nothing.",
  wrong: "replicas: { prod: 4 }  # mesh.yaml says production",
  right: "replicas: { production: 4 }",
  sources: [references.authorization],
  check: ({ mesh }) => [...strayEnvironments(mesh), ...strayWorkloads(mesh)],
};

function namesIn(mesh: Mesh): Named[] {
  const { callers } = mesh;
  return [
    ...[...mesh.services.values()].flatMap(({ policy }): Named[] => [
      { service: policy.value.service, of: policy, path: ["service"] },
      ...Object.keys(policy.value.methods).map((method) => ({
        service: policy.value.service,
        method,
        of: policy,
        path: ["methods", method],
      })),
    ]),
    ...overlayNames(mesh),
    ...Object.entries(callers.value.callers).flatMap(
      ([caller, { calls, during, deadline, retriesInCode }]): Named[] => [
        ...Object.entries(calls).flatMap(([service, methods]) =>
          listed(callers, caller, ["callers", caller, "calls", service], service, methods === "all" ? [] : methods),
        ),
        ...Object.entries(during).flatMap(([serving, services]) =>
          Object.entries(services).flatMap(([service, methods]) =>
            listed(callers, caller, ["callers", caller, "during", serving, service], service, methods),
          ),
        ),
        ...keyed(callers, caller, "retriesInCode", retriesInCode),
        ...(typeof deadline === "object" ? keyed(callers, caller, "deadline", deadline) : []),
      ],
    ),
  ];
}

function overlayNames(mesh: Mesh): Named[] {
  const overlay = [...mesh.services.values()][0]?.overlay;
  if (overlay === undefined) return [];
  return Object.entries(overlay.value.services).flatMap(([service, { methods }]): Named[] => [
    { service, of: overlay, path: ["services", service] },
    ...Object.keys(methods).map((method) => ({
      service,
      method,
      of: overlay,
      path: ["services", service, "methods", method],
    })),
  ]);
}

const listed = (
  of: Positioned<unknown>,
  caller: string,
  path: Path,
  service: string,
  methods: readonly string[],
): Named[] => [
  { service, caller, of, path },
  ...methods.map((method, index) => ({ service, method, caller, of, path: [...path, index] })),
];

/** Keys such as `service` or `service/method`. */
const keyed = (of: Positioned<unknown>, caller: string, field: string, value: object): Named[] =>
  Object.keys(value).map((key) => {
    const [service = "", method] = key.split("/");
    return { service, ...(method !== undefined && { method }), caller, of, path: ["callers", caller, field, key] };
  });

function strayEnvironments(mesh: Mesh): Found[] {
  const { environments } = mesh.settings.value;
  const counts = [
    ...[...mesh.services.values()].map(({ policy }) => ({
      of: policy as Positioned<unknown>,
      replicas: policy.value.replicas,
      path: ["replicas"] as Path,
      subject: { service: policy.value.service } as { service?: string; caller?: string },
    })),
    ...Object.entries(mesh.callers.value.callers).map(([caller, { replicas }]) => ({
      of: mesh.callers as Positioned<unknown>,
      replicas,
      path: ["callers", caller, "replicas"] as Path,
      subject: { caller },
    })),
  ];
  return counts.flatMap(({ of, replicas, path, subject }) =>
    Object.keys(typeof replicas === "number" ? {} : replicas)
      .filter((name) => !environments.includes(name))
      .map((name) => ({
        ...of.at([...path, name]),
        ...subject,
        message: `mesh.yaml has no environment ${name}`,
        fix: `write one of: ${environments.join(", ")}`,
      })),
  );
}

function strayWorkloads(mesh: Mesh): Found[] {
  const { settings, callers } = mesh;
  const workloads = workloadsOf(mesh);
  const gateway = settings.value.gateway?.workload;
  const serves = new Set([...mesh.services.values()].map(({ policy }) => policy.value.workload));
  return [
    ...(gateway === undefined || gateway in callers.value.callers
      ? []
      : [
          {
            ...settings.at(["gateway", "workload"]),
            caller: gateway,
            message: `the gateway's workload ${gateway} has no entry in callers.yaml, so it may call nothing`,
            fix: `give ${gateway} an entry with its calls, or write one of: ${workloads.join(", ")}`,
          },
        ]),
    ...Object.entries(callers.value.callers).flatMap(([caller, { during }]) =>
      Object.keys(during)
        .filter((method) => method !== "*" && serves.has(caller) && !servesMethod(mesh, caller, method))
        .map((method) => ({
          ...callers.at(["callers", caller, "during", method]),
          caller,
          method,
          message: `${caller} serves no method ${method}`,
          fix: "name a method of its service, or * for any other",
        })),
    ),
  ];
}

const servesMethod = (mesh: Mesh, workload: string, method: string): boolean =>
  [...mesh.services.values()].some(
    ({ policy }) =>
      policy.value.workload === workload && findMethod(mesh.catalog, policy.value.service, method) !== undefined,
  );
