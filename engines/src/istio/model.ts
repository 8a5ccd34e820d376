import type { EnvoyAdmin } from "../envoy/index.ts";
import type { ServerApi } from "./server-api.ts";

/** What is needed to run an Istio control plane and its sidecars; all but Envoy. Paths of programs and files. */
export interface IstioInstallation {
  /** Of Istio: the release and the commit it was built from. */
  readonly version: string;
  readonly kubernetesVersion: string;
  readonly pilotDiscovery: string;
  readonly pilotAgent: string;
  readonly istioctl: string;
  readonly kubeApiserver: string;
  readonly kubectl: string;
  readonly etcd: string;
  /** The CustomResourceDefinitions of Istio, one YAML file. */
  readonly crds: string;
  /** From which pilot-agent makes the bootstrap of an Envoy; listens on loopback only. */
  readonly bootstrapTemplate: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ControlPlaneOptions {
  readonly installation: IstioInstallation;
  /** Holds everything that the control plane writes; must be empty or not there yet. */
  readonly folder: string;
  /** Istio's MeshConfig, laid over what stock Envoys need. */
  readonly meshConfig?: Readonly<Record<string, unknown>>;
  /** Receives what is being done, for people. */
  readonly onProgress?: (text: string) => void;
  /** Called once after a successful start, for each of its processes that ends without being asked to. */
  readonly onExit?: (name: string, exit: Exit) => void;
}

export interface CommandOptions {
  /** What the command reads; nothing by default. */
  readonly stdin?: string;
  readonly signal?: AbortSignal;
}

export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

export interface ApplyOptions {
  /** Everything is checked as if it were applied, and nothing is kept. */
  readonly serverDryRun?: boolean;
}

/** A running API server with Istio's resources, and istiod on it. */
export interface IstioControlPlane {
  readonly installation: IstioInstallation;
  readonly folder: string;
  /** A file; whoever reads it is the administrator. */
  readonly kubeconfig: string;
  /** host:port, TLS. */
  readonly xdsAddress: string;
  /** host:port, TLS; it is the same port as that of xDS. */
  readonly caAddress: string;
  /** host:port of istiod's debug and metrics endpoints, plaintext. */
  readonly debugAddress: string;
  readonly trustDomain: string;
  /** The certificate of the mesh's authority, PEM. */
  readonly rootCertificate: string;
  readonly api: ServerApi;
  /** @throws CommandError when kubectl says no */
  kubectl(args: readonly string[], options?: CommandOptions): Promise<CommandOutput>;
  /** As kubectl, of the resources in this control plane. */
  istioctl(args: readonly string[], options?: CommandOptions): Promise<CommandOutput>;
  /**
   * Server-side apply of YAML documents. The API server refuses unknown fields, Istio's webhook what Istio's own
   * validation finds wrong, as in a cluster.
   * @returns what was done, a line for each resource
   * @throws CommandError with the server's reasons
   */
  apply(yaml: string, options?: ApplyOptions): Promise<string>;
  /**
   * Resolves when istiod has worked in all that was applied, and each connected sidecar has confirmed the result.
   * Connections between sidecars that are open keep what they began with for one more call. It has istiod push: to see
   * how long a change takes by itself, watch its effect instead.
   * @throws EngineError CONTROL_PLANE_START_FAILED after 30 s, with what is missing
   */
  settled(): Promise<void>;
  /** By the name of the process: "etcd", "kube-apiserver", "istiod". */
  pidOf(name: string): number | undefined;
  /** Resolves when all its processes have ended. Sidecars go on with what they know. */
  stop(): Promise<void>;
}

export interface SidecarOptions {
  readonly controlPlane: IstioControlPlane;
  /** Path of a stock Envoy. */
  readonly envoyBinary: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Of the workload, which `Sidecar` and the policies select by; "istio-locality" is its place: "region.zone.subzone". */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the workload on this machine: 127.0.0.x, each its own. */
  readonly address: string;
  /** Its own, for everything that the sidecar writes. */
  readonly folder: string;
  /** Of the workload ("order-1"); default: the service account and "-1". */
  readonly name?: string;
  /** Of 127.0.0.1; default: one that is free. */
  readonly adminPort?: number;
  /** Worker threads, 1 by default. */
  readonly concurrency?: number;
  /** Called once after a successful start, when the process has ended, asked to or not. */
  readonly onExit?: (exit: Exit) => void;
}

/** pilot-agent with its Envoy. Statistics, host health and configuration are asked of Envoy's admin endpoint. */
export interface IstioSidecar extends Omit<EnvoyAdmin, "address"> {
  readonly name: string;
  /** Of pilot-agent; Envoy is in the same process group. */
  readonly pid: number;
  /** 127.0.0.1:port */
  readonly adminAddress: string;
  /** Of pilot-agent and Envoy. */
  readonly logFile: string;
  readonly exited: Promise<Exit>;
  /** The SPIFFE ids in the certificate that istiod gave it. */
  identities(): Promise<readonly string[]>;
  /** To pilot-agent and Envoy both. Does nothing when they have ended. */
  kill(signal: NodeJS.Signals): void;
  /** Ends Envoy without draining, and pilot-agent. Resolves when both have ended; does nothing when they have. */
  stop(): Promise<void>;
}

/** Something that istioctl has against a resource. */
export interface Finding {
  readonly source: "validate" | "analyze";
  readonly level: "error" | "warning" | "info";
  /** Istio's own ("IST0101"); `validate` has none. */
  readonly code: string | undefined;
  /** "VirtualService shop/echo" */
  readonly resource: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly message: string;
}
