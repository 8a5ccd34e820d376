// `mesh import`
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { Command } from "commander";
import type { GlobalOptions } from "../context.ts";
import { exitCodes, UsageError } from "../exit-codes.ts";
import { loadMesh } from "../files/load-mesh.ts";
import { istioVersionPattern } from "../files/mesh-file.ts";
import { readProtos } from "../files/read-protos.ts";
import { importIstio } from "../import/import-istio.ts";
import { formatImport } from "../import/print-import.ts";
import { readResources } from "../import/resources.ts";
import { examplesText } from "../output/examples.ts";
import { printResult } from "../output/print.ts";

interface ImportOptions extends GlobalOptions {
  readonly out: string;
  readonly protos: string;
  readonly istio: string;
  readonly namespace?: string;
  readonly serves: readonly string[];
  readonly allowLoss: boolean;
}

export const importCommand = new Command("import")
  .description("make a mesh folder of Istio's resources, and name what it cannot say")
  .argument(
    "<path...>",
    "files, and folders of YAML: Istio's resources, and the Services and Deployments of Kubernetes",
  )
  .requiredOption("--out <folder>", "where to write; it must be new or empty")
  .requiredOption("--protos <folder>", "the .proto files of the services")
  .option("--istio <version>", "whose defaults hold, from 1.27 to 1.31", "1.31")
  .option("--namespace <name>", "the one to import; that of most resources where nothing is said")
  .option("--serves <workload=service>", "which workload serves a service of the protos; may be repeated", collect, [])
  .option("--allow-loss", "end with 0 although something was lost", false)
  .addHelpText(
    "after",
    `${examplesText([
      [
        "import cluster.yaml --protos proto --out mesh",
        "after kubectl get vs,dr,ap,pa,svc,deploy -n shop -o yaml > cluster.yaml",
      ],
      [
        "import k8s/ --protos proto --out mesh --serves cart=shop.v1.CartService",
        "a service that paths and names do not tell",
      ],
    ])}\n\nExit code 1: something was lost, and --allow-loss is not given.`,
  )
  .action(async (paths: string[], _options: unknown, command: Command) => {
    const options = command.optsWithGlobals<ImportOptions>();
    if (!istioVersionPattern.test(options.istio)) {
      throw new UsageError(`--istio ${options.istio} is not known; allowed: 1.27 to 1.31, such as 1.30 or 1.28.10`);
    }
    const out = resolve(options.out);
    await refuseFilled(out, options.out);
    const imported = importIstio(await readResources(paths), {
      catalog: await readProtos(options.protos),
      protos: relative(out, resolve(options.protos)),
      istio: options.istio,
      environment: options.env ?? "production",
      namespace: options.namespace,
      serves: options.serves,
    });
    for (const [name, text] of imported.files) {
      await mkdir(dirname(join(out, name)), { recursive: true });
      await writeFile(join(out, name), text);
    }
    // What is written must be what every other command can read.
    await loadMesh(out);
    const { namespace, losses, notes } = imported;
    const found = {
      namespace,
      files: [...imported.files.keys()],
      serves: Object.fromEntries(imported.serves),
      losses,
      notes,
    };
    printResult(options.json, found, () => formatImport(imported, options.out));
    if (losses.length > 0 && !options.allowLoss) process.exitCode = exitCodes.found;
  });

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

async function refuseFilled(folder: string, given: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (names.length > 0)
    throw new UsageError(`--out ${given} is not empty; nothing that a person wrote is written over`);
}
