// The answer of Prometheus' query_range, and what its counters grew by.
import { z } from "zod";
import { UsageError } from "../exit-codes.ts";

const answerShape = z.union([
  z.object({
    status: z.literal("success"),
    data: z.object({
      resultType: z.literal("matrix", { error: "allowed: matrix, the result of query_range" }),
      result: z.array(
        z.object({
          metric: z.record(z.string(), z.string()),
          values: z.array(z.tuple([z.number(), z.string()])).default([]),
        }),
      ),
    }),
  }),
  z.object({ status: z.literal("error"), error: z.string() }),
]);

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Growth between one sample and the next; `seconds` lie between them. */
  readonly growth: readonly { readonly atSeconds: number; readonly seconds: number; readonly count: number }[];
}

/**
 * @param from what the answer is called in messages
 * @throws UsageError when it is no answer of query_range, or the answer of a query that failed
 */
export function parseRangeData(text: string, from: string): Series[] {
  const parsed = answerShape.safeParse(parseJson(text, from));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UsageError(
      `${from}: not an answer of Prometheus' /api/v1/query_range: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
    );
  }
  if (parsed.data.status === "error") throw new UsageError(`${from}: Prometheus says: ${parsed.data.error}`);
  return parsed.data.data.result.map(({ metric, values }) => ({
    labels: metric,
    growth: growthOf(values.filter(([, value]) => Number.isFinite(Number(value)))),
  }));
}

function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${from}: not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

// A counter that falls was set back to 0 when its process started again; what it says then has come since.
function growthOf(values: readonly (readonly [number, string])[]): Series["growth"] {
  return values.slice(1).map(([atSeconds, text], index) => {
    const [before = 0, beforeText = "0"] = values[index] ?? [];
    const [now, then] = [Number(text), Number(beforeText)];
    return { atSeconds, seconds: atSeconds - before, count: now >= then ? now - then : now };
  });
}
