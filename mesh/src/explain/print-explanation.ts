// An explanation as people read it.
import { type Cell, formatTable } from "../output/table.ts";
import type { ExplainedField, Explanation } from "./explain-call.ts";

export function formatExplanation(explanation: Explanation): string {
  const { caller, service, method, environment, istio, fields, summary, notes } = explanation;
  const rows = fields.map(({ label, shown, from, bareEnvoy }: ExplainedField): Cell[] => [
    label,
    shown,
    from,
    { text: bareEnvoy ?? "", tone: "faint" },
  ]);
  return [
    `${caller} calls ${service}/${method} (${environment}, Istio ${istio})`,
    "",
    formatTable(["field", "value", "from", "bare Envoy"], rows),
    "",
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...notes,
  ].join("\n");
}
