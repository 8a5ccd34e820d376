// The workloads of the namespace: what Kubernetes Services and Deployments say of them, and which policies select them.
import type { Part } from "./part.ts";
import type { Resource } from "./resources.ts";

export interface Port {
  readonly number: number;
  readonly name: string | undefined;
  readonly appProtocol: string | undefined;
  readonly targetPort: number | undefined;
}

export interface Workload {
  /** The name of its Service, by which clients call it. */
  readonly name: string;
  /** Of its pods, as far as they are known. */
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly Port[];
  readonly headless: boolean;
  readonly serviceAccount: string;
  readonly replicas: number | undefined;
}

const deploymentKinds = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

/** By name: those of Services, and for hosts that have none what their name tells. */
export function workloadsFrom(resources: readonly Resource[], hosts: readonly string[]): Map<string, Workload> {
  const deployments = resources.filter(({ kind }) => deploymentKinds.has(kind)).map(deploymentOf);
  const services = new Map(resources.filter(({ kind }) => kind === "Service").map((one) => [one.name, one.spec]));
  const names = [...new Set([...services.keys(), ...hosts])].sort();
  return new Map(names.map((name) => [name, workloadOf(name, services.get(name), deployments)]));
}

interface Deployment {
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly replicas: number | undefined;
}

function deploymentOf({ spec }: Resource): Deployment {
  const template = spec.map("template");
  return {
    labels: textsOf(template?.map("metadata")?.map("labels")),
    serviceAccount: template?.map("spec")?.text("serviceAccountName") ?? "default",
    replicas: spec.number("replicas"),
  };
}

function workloadOf(name: string, service: Part | undefined, deployments: readonly Deployment[]): Workload {
  const selector = service?.map("selector");
  const selected = selector === undefined ? { app: name } : textsOf(selector);
  // Several versions of one workload: they share its Service, and so what is said here.
  const behind = deployments.filter(({ labels }) => Object.keys(selected).length > 0 && includes(labels, selected));
  const [first] = behind;
  const counts = behind.flatMap(({ replicas }) => replicas ?? []);
  return {
    name,
    labels: { ...first?.labels, ...selected },
    ports: (service?.list("ports") ?? []).map((port) => ({
      number: port.number("port") ?? 0,
      name: port.text("name"),
      appProtocol: port.text("appProtocol"),
      targetPort: port.number("targetPort"),
    })),
    headless: service?.text("clusterIP") === "None",
    serviceAccount: first?.serviceAccount ?? name,
    replicas: counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0),
  };
}

export const textsOf = (part: Part | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.keys(part?.value ?? {}).flatMap((key) => {
      const text = part?.text(key);
      return text === undefined ? [] : [[key, text]];
    }),
  );

/** Whether labels have all of a selector's. */
export const includes = (
  labels: Readonly<Record<string, string>>,
  selector: Readonly<Record<string, string>>,
): boolean => Object.entries(selector).every(([key, value]) => labels[key] === value);

/** The port on which it serves gRPC: the one that says so, or the only one. */
export function grpcPort({ ports }: Workload): Port | undefined {
  const says = ports.find(
    ({ name, appProtocol }) =>
      appProtocol === "grpc" || appProtocol === "kubernetes.io/h2c" || /^grpc(-|$)/.test(name ?? ""),
  );
  return says ?? (ports.length === 1 ? ports[0] : undefined);
}
