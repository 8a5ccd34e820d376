import { tmpdir } from "node:os";
import { CommandError, runCommand } from "./command.ts";
import { bareEnvironment } from "./daemon.ts";
import { parseAnalysis, parseValidation } from "./findings.ts";
import type { CommandOutput, Finding, IstioInstallation } from "./model.ts";

const TIMEOUT_MS = 60_000;

export interface CheckOptions {
  readonly signal?: AbortSignal;
}

export interface AnalyzeOptions extends CheckOptions {
  /** A file with the MeshConfig that the resources are for; Istio's defaults without it. */
  readonly meshConfigFile?: string;
}

/**
 * Unknown fields, values out of range and rules that cannot be, of each resource by itself: `istioctl validate`. An
 * unknown field hides what else is wrong in its resource.
 * @param files paths of YAML files
 * @throws CommandError when istioctl fails for another reason
 */
export async function validateResources(
  { istioctl }: Pick<IstioInstallation, "istioctl">,
  files: readonly string[],
  { signal }: CheckOptions = {},
): Promise<Finding[]> {
  const findings: Finding[] = [];
  // It does not say which file it means: so each is asked about by itself.
  for (const file of files) {
    const { output, failure } = await ask(istioctl, ["validate", "-f", file], signal);
    const found = parseValidation(file, `${output.stdout}\n${output.stderr}`);
    if (failure !== undefined && !found.some(({ level }) => level === "error")) throw failure;
    findings.push(...found);
  }
  return findings;
}

/**
 * What resources say of each other: missing subsets, hosts, gateways, conflicts: `istioctl analyze`, of all namespaces
 * and without a cluster.
 * @param files paths of YAML files, which belong together
 * @throws CommandError when istioctl fails for another reason
 */
export async function analyzeResources(
  { istioctl }: Pick<IstioInstallation, "istioctl">,
  files: readonly string[],
  { meshConfigFile, signal }: AnalyzeOptions = {},
): Promise<Finding[]> {
  const meshConfig = meshConfigFile === undefined ? [] : ["--meshConfigFile", meshConfigFile];
  // Without -A it looks at no namespace at all, and finds nothing.
  const args = ["analyze", "-A", "--use-kube=false", "-o", "json", ...meshConfig, ...files];
  const { output, failure } = await ask(istioctl, args, signal);
  if (failure !== undefined && !/^\[/m.test(output.stdout)) throw failure;
  return parseAnalysis(output);
}

/** Having found something may be a failure, and may not. */
async function ask(
  istioctl: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ readonly output: CommandOutput; readonly failure?: CommandError }> {
  const title = `istioctl ${args[0]}`;
  const env = bareEnvironment(tmpdir());
  try {
    const command = { file: istioctl, title, args, env, timeoutMs: TIMEOUT_MS, ...(signal && { signal }) };
    return { output: await runCommand(command) };
  } catch (error) {
    if (error instanceof CommandError) return { output: error, failure: error };
    throw error;
  }
}
