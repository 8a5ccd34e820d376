// Where the processes are that a sidecar has to do with: what the policies cannot know.

export interface EnvoyEndpoint {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  readonly zone?: string;
}

export interface EnvoyOutbound {
  /** Where the application finds the workload that it calls: a plaintext port of its own machine. */
  readonly listenAddress: string;
  readonly listenPort: number;
  /** Inbound ports of the sidecars of the workload called. */
  readonly endpoints: readonly EnvoyEndpoint[];
}

export interface EnvoyInbound {
  /** Where other sidecars reach this one, by mTLS. */
  readonly address: string;
  readonly port: number;
  /** Where the application listens, in plaintext. */
  readonly appAddress: string;
  readonly appPort: number;
}

export interface EnvoyCredentials {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  readonly authorityFile: string;
}

export interface EnvoyPlacement {
  /** Unique among all sidecars. */
  readonly nodeId: string;
  /** Of 127.0.0.1. */
  readonly adminPort: number;
  /** Missing for a workload that nobody in the mesh calls. */
  readonly inbound?: EnvoyInbound;
  /** By the workload called. */
  readonly outbound: Readonly<Record<string, EnvoyOutbound>>;
  readonly zone?: string;
  readonly credentials: EnvoyCredentials;
}

/** A placement, or policies, of which no sidecar can be made. */
export class EnvoyRenderError extends Error {
  readonly code = "MESH_RENDER_ENVOY";
}
