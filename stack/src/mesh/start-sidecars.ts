import { join } from "node:path";
import {
  type EnvoyInstallation,
  type EnvoyProcess,
  installEnvoy,
  openAuthority,
  startEnvoy,
  writeCredentials,
} from "@ordermesh/engines/envoy";
import type { Mesh } from "@ordermesh/mesh";
import { renderEnvoy, spiffeId } from "@ordermesh/mesh";
import type { Layout } from "../data-folder/layout.ts";
import { forPeople } from "../for-people.ts";
import type { LogLine } from "../output/log-line.ts";
import { createSupervisedServer, type Killable } from "../processes/supervised-server.ts";
import type { SidecarInstance, Topology } from "../processes/topology.ts";
import { placementOf } from "./placement.ts";

/** Renewed at each start; a stack on one machine is not expected to run for longer. */
const CERTIFICATE_LIFETIME_MS = 90 * 24 * 60 * 60 * 1000;

export interface StartSidecarsOptions {
  readonly installation: EnvoyInstallation;
  readonly mesh: Mesh;
  readonly layout: Layout;
  readonly topology: Topology;
  readonly onLog: (line: LogLine) => void;
  readonly onChange: () => void;
}

/** Finds Envoy, and fetches it when it is not there. */
export function getEnvoy(progress: (text: string) => void, signal?: AbortSignal): Promise<EnvoyInstallation> {
  return forPeople(installEnvoy({ onProgress: progress, ...(signal === undefined ? {} : { signal }) }));
}

/** Starts an Envoy beside every process, each with the identity of its workload, and keeps them running. */
export function startSidecars(
  options: StartSidecarsOptions,
  cleanUp: AsyncDisposableStack,
): Promise<readonly Killable[]> {
  return forPeople(superviseAll(options, cleanUp));
}

async function superviseAll(
  options: StartSidecarsOptions,
  cleanUp: AsyncDisposableStack,
): Promise<readonly Killable[]> {
  const { mesh, layout, topology, onLog, onChange } = options;
  const { trustDomain } = mesh.settings.value;
  const authority = await openAuthority(layout.mesh, { trustDomain });

  const launch = async (sidecar: SidecarInstance): Promise<EnvoyProcess> => {
    const credentials = await authority.issue({
      spiffeId: spiffeId(mesh, sidecar.workload),
      lifetimeMs: CERTIFICATE_LIFETIME_MS,
    });
    const files = await writeCredentials(join(layout.mesh, sidecar.name), credentials, authority);
    const placement = placementOf(sidecar, topology, files);
    return startEnvoy({
      installation: options.installation,
      name: sidecar.name,
      bootstrap: renderEnvoy(mesh, sidecar.workload, placement),
      folder: layout.mesh,
      adminPort: placement.adminPort,
    });
  };

  const supervised = topology.sidecars.map((sidecar) =>
    createSupervisedServer({ name: sidecar.name, launch: () => launch(sidecar), onLog, onChange }),
  );
  cleanUp.defer(async () => {
    await Promise.all(supervised.map((sidecar) => sidecar.stop()));
  });
  // All are waited for: what is left behind must be known, so that it can be stopped.
  for (const started of await Promise.allSettled(supervised.map((sidecar) => sidecar.start()))) {
    if (started.status === "rejected") throw started.reason;
  }
  return supervised;
}
