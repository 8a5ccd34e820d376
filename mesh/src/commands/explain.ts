// `mesh explain`
import { Command } from "commander";
import { type GlobalOptions, openMesh } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { explainCall } from "../explain/explain-call.ts";
import { formatExplanation } from "../explain/print-explanation.ts";
import { istioVersionPattern } from "../files/mesh-file.ts";
import { onIstio } from "../model/mesh.ts";
import { examplesText } from "../output/examples.ts";
import { printResult } from "../output/print.ts";

export const explainCommand = new Command("explain")
  .description("what is in effect for a call, Istio's silent defaults included, and where each value comes from")
  .argument("<caller>", "a workload")
  .argument("<method>", "by its name, Service/Method, or the full path")
  .option("--istio <version>", "another version of Istio than mesh.yaml names, from 1.27 to 1.31")
  .addHelpText(
    "after",
    examplesText([
      ["explain order BatchGetItems", "what holds when order looks prices up"],
      [
        "explain gateway OrderService/GetOrder --env production",
        "the same name in one service, in another environment",
      ],
      ["explain order BatchGetItems --istio 1.28.9", "what another version of Istio would do"],
    ]),
  )
  .action(async (caller: string, method: string, _options: unknown, command: Command) => {
    const { istio, ...options } = command.optsWithGlobals<GlobalOptions & { readonly istio?: string }>();
    if (istio !== undefined && !istioVersionPattern.test(istio)) {
      throw new UsageError(`--istio ${istio} is not known; allowed: 1.27 to 1.31, such as 1.30 or 1.28.10`);
    }
    const mesh = await openMesh(options);
    const explanation = explainCall(istio === undefined ? mesh : onIstio(mesh, istio), caller, method);
    printResult(options.json, explanation, () => formatExplanation(explanation));
  });
