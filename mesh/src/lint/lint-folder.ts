// Lints a mesh folder, in all of its environments or in one.
import { readCodeCalls } from "../code-calls/code-calls.ts";
import { UsageError } from "../exit-codes.ts";
import { loadMesh } from "../files/load-mesh.ts";
import { type FileFault, MeshFilesError } from "../files/positioned.ts";
import type { Mesh } from "../model/mesh.ts";
import type { Finding, LintResult } from "./finding.ts";
import { unreadableFile } from "./rules/files.ts";
import { runRules } from "./run-rules.ts";

/**
 * Files that cannot be read are findings as well, and then the only ones.
 *
 * @param environment one alone; all of mesh.yaml where nothing is said
 * @throws UsageError when mesh.yaml has no such environment
 */
export async function lintFolder(folder: string, environment?: string): Promise<LintResult> {
  const first = await readable(() => loadMesh(folder));
  if ("faults" in first) return unreadable(first.faults, []);
  const all = first.mesh.settings.value.environments;
  if (environment !== undefined && !all.includes(environment)) {
    throw new UsageError(`--env ${environment}: mesh.yaml has no such environment; allowed: ${all.join(", ")}`);
  }
  const environments = environment === undefined ? all : [environment];
  const meshes: Mesh[] = [];
  const faults: FileFault[] = [];
  for (const name of environments) {
    const each = name === first.mesh.environment ? first : await readable(() => loadMesh(folder, name));
    if ("faults" in each) faults.push(...each.faults);
    else meshes.push(each.mesh);
  }
  if (faults.length > 0) return unreadable(faults, environments);
  // The code is the same in every environment.
  const codeCalls = await readCodeCalls(first.mesh);
  return runRules(
    meshes.map((mesh) => ({ mesh, codeCalls })),
    environments.length === all.length,
  );
}

async function readable(load: () => Promise<Mesh>): Promise<{ mesh: Mesh } | { faults: readonly FileFault[] }> {
  try {
    return { mesh: await load() };
  } catch (error) {
    if (error instanceof MeshFilesError) return { faults: error.faults };
    throw error;
  }
}

function unreadable(faults: readonly FileFault[], environments: readonly string[]): LintResult {
  const findings = faults.map(
    ({ file, line, field, message }): Finding => ({
      code: unreadableFile.code,
      severity: unreadableFile.severity,
      file,
      line,
      methods: [],
      message: field === "" ? message : `${field}: ${message}`,
      fix: "mend the file; the other rules are looked at once all files can be read",
      environments,
    }),
  );
  const once = new Map(findings.map((finding) => [`${finding.file}:${finding.line}:${finding.message}`, finding]));
  return { findings: [...once.values()], suppressed: [], environments };
}
