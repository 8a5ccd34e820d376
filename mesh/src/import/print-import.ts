// What was imported and what was lost, as people read it.
import { formatTable } from "../output/table.ts";
import type { Imported } from "./import-istio.ts";
import type { Loss } from "./loss.ts";

export function formatImport({ namespace, files, serves, losses, notes }: Imported, out: string): string {
  const services = [...serves].map(([service, workload]) => [service, workload]);
  const count = losses.length === 1 ? "1 thing is" : `${losses.length} things are`;
  return [
    `namespace ${namespace}: ${files.size} files written to ${out}`,
    ...(services.length > 0 ? ["", formatTable(["service", "served by"], services)] : []),
    ...(notes.length > 0 ? ["", ...notes] : []),
    "",
    ...(losses.length === 0
      ? ["Nothing was lost."]
      : [
          `${count} not represented:`,
          "",
          formatTable(
            ["where", "resource", "field", "what is lost"],
            losses.map((loss) => [placeOf(loss), loss.resource, loss.field, loss.lost]),
          ),
        ]),
  ].join("\n");
}

const placeOf = ({ place }: Loss): string => (place === undefined ? "nowhere" : `${place.file}:${place.line}`);
