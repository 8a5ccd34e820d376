// `mesh render`
import { join, relative, resolve } from "node:path";
import { Argument, Command } from "commander";
import { findMeshFolder, type GlobalOptions, openMesh } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { examplesText } from "../output/examples.ts";
import { printResult } from "../output/print.ts";
import { formatTable } from "../output/table.ts";
import { renderMesh } from "../render/render-mesh.ts";
import { driftOf, type Rendering, type RenderTarget, renderTargets, writeRendering } from "../render/rendered-files.ts";

interface RenderOptions extends GlobalOptions {
  readonly out?: string;
  readonly check?: boolean;
}

export const renderCommand = new Command("render")
  .description("write the configuration of the proxies: Istio's resources, a bootstrap per Envoy")
  .addArgument(new Argument("[target]", "what to render; both where nothing is said").choices(renderTargets))
  .option("--out <folder>", "where to write, or what to check; rendered/ in the mesh folder where nothing is said")
  .option("--check", "write nothing; name the files that are not what the policies say")
  .addHelpText(
    "after",
    `${examplesText([
      ["render", "both, for every environment"],
      ["render istio --env production", "Istio's resources of one environment"],
      ["render --check", "whether rendered/ is up to date"],
    ])}\n\nExit code 1: --check found a file that differs.`,
  )
  .action(async (target: RenderTarget | undefined, _options: unknown, command: Command) => {
    const options = command.optsWithGlobals<RenderOptions>();
    const folder = resolve(options.out ?? join(await findMeshFolder(options.dir), "rendered"));
    const shown = (file: string): string => relative(process.cwd(), join(folder, file));
    const renderings = await renderAll(options, target === undefined ? renderTargets : [target]);
    if (options.check !== true) {
      const files: string[] = [];
      for (const rendering of renderings) files.push(...(await writeRendering(folder, rendering)));
      printResult(options.json, { written: files.map(shown) }, () => files.map(shown).join("\n"));
      return;
    }
    const drifts = (await Promise.all(renderings.map((rendering) => driftOf(folder, rendering)))).flat();
    const count = renderings.reduce((sum, { files }) => sum + files.size, 0);
    printResult(
      options.json,
      { checked: count, drifted: drifts.map((drift) => ({ ...drift, file: shown(drift.file) })) },
      () =>
        drifts.length === 0
          ? `${count} rendered files are what the policies say`
          : `${formatTable(
              ["file", "problem"],
              drifts.map(({ file, problem }) => [shown(file), problem]),
            )}\n\nRun mesh render, and commit what it writes.`,
    );
    if (drifts.length > 0) process.exitCode = exitCodes.found;
  });

async function renderAll(options: RenderOptions, targets: readonly RenderTarget[]): Promise<Rendering[]> {
  const first = await openMesh(options);
  const environments = options.env === undefined ? first.settings.value.environments : [options.env];
  const renderings: Rendering[] = [];
  for (const env of environments) {
    const mesh = env === first.environment ? first : await openMesh({ ...options, env });
    for (const target of targets) renderings.push(renderMesh(mesh, target));
  }
  return renderings;
}
