import { runCommand } from "./command.ts";
import { bareEnvironment } from "./daemon.ts";
import type { CommandOptions, CommandOutput, IstioControlPlane, IstioInstallation } from "./model.ts";

const TIMEOUT_MS = 60_000;
const SERVER_SIDE = ["apply", "--server-side", "--force-conflicts", "--field-manager=ordermesh", "--validate=strict"];

export type ClusterCommands = Pick<IstioControlPlane, "kubectl" | "istioctl" | "apply">;

/** kubectl and istioctl as the administrator of the control plane in the folder, and of no other cluster. */
export function clusterCommands(installation: IstioInstallation, folder: string, kubeconfig: string): ClusterCommands {
  const env = { ...bareEnvironment(folder), KUBECONFIG: kubeconfig };
  const command =
    (name: "kubectl" | "istioctl") =>
    (args: readonly string[], options: CommandOptions = {}): Promise<CommandOutput> => {
      const title = `${name} ${args[0] ?? ""}`.trim();
      return runCommand({ ...options, file: installation[name], title, args, env, cwd: folder, timeoutMs: TIMEOUT_MS });
    };
  const kubectl = command("kubectl");
  return {
    kubectl,
    istioctl: command("istioctl"),
    apply: async (yaml, { serverDryRun = false } = {}) => {
      const args = [...SERVER_SIDE, ...(serverDryRun ? ["--dry-run=server"] : []), "-f", "-"];
      return (await kubectl(args, { stdin: yaml })).stdout;
    },
  };
}
