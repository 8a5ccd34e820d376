import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installEnvoy } from "../../envoy/index.ts";
import {
  type ControlPlaneOptions,
  type IstioControlPlane,
  type IstioSidecar,
  installIstio,
  type SidecarOptions,
  startControlPlane,
  startSidecar,
} from "../index.ts";

type Workload = Pick<SidecarOptions, "serviceAccount" | "labels" | "address"> & Partial<SidecarOptions>;

/** A control plane with its sidecars, for the tests of one file. */
export interface TestMesh {
  readonly controlPlane: IstioControlPlane;
  /** In the namespace "shop". */
  startSidecar(workload: Workload): Promise<IstioSidecar>;
  /** Of the sidecar of a service account. */
  folderOf(serviceAccount: string): string;
  stop(): Promise<void>;
}

export async function startTestMesh(options: Partial<ControlPlaneOptions> = {}): Promise<TestMesh> {
  const installation = await installIstio({ onProgress: console.log });
  const envoy = await installEnvoy({ onProgress: console.log });
  const folder = await mkdtemp(join(tmpdir(), "ordermesh-istio-"));
  const sidecars: IstioSidecar[] = [];
  const remove = () => rm(folder, { recursive: true, force: true });
  const starting = startControlPlane({ installation, folder: join(folder, "control-plane"), ...options });
  const controlPlane = await starting.catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  const folderOf = (serviceAccount: string) => join(folder, serviceAccount);
  return {
    controlPlane,
    folderOf,
    startSidecar: async (workload) => {
      const sidecar = await startSidecar({
        ...{ controlPlane, envoyBinary: envoy.binary, namespace: "shop" },
        ...{ folder: folderOf(workload.serviceAccount), ...workload },
      });
      sidecars.push(sidecar);
      return sidecar;
    },
    stop: async () => {
      await Promise.all(sidecars.map((sidecar) => sidecar.stop()));
      await controlPlane.stop();
      await remove();
    },
  };
}
