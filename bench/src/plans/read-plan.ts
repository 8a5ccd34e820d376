// Reads from a plan of PostgreSQL how the tables are reached.

/** A node of EXPLAIN (FORMAT JSON), as far as it is read. */
export interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Plan Rows": number;
  readonly Plans?: readonly PlanNode[];
}

/** One way in which a statement reaches rows. */
export interface Access {
  /** Such as Index Scan. */
  readonly scan: string;
  readonly table: string;
  readonly index?: string;
  /** What the planner expects, per execution of the node. */
  readonly rows: number;
}

/** Every scan of a table in a plan, in the order of the plan. */
export function accessesOf(node: PlanNode): Access[] {
  const own = accessOf(node);
  return [...(own === undefined ? [] : [own]), ...(node.Plans ?? []).flatMap(accessesOf)];
}

function accessOf(node: PlanNode): Access | undefined {
  const { "Node Type": scan, "Relation Name": table, "Plan Rows": rows } = node;
  if (table === undefined || !scan.endsWith("Scan")) return undefined;
  // The index of a bitmap stands in the node below.
  const index = node["Index Name"] ?? indexBelow(node);
  return { scan, table, rows, ...(index === undefined ? {} : { index }) };
}

function indexBelow({ Plans: plans = [] }: PlanNode): string | undefined {
  for (const below of plans) {
    const index = below["Node Type"] === "Bitmap Index Scan" ? below["Index Name"] : indexBelow(below);
    if (index !== undefined) return index;
  }
  return undefined;
}

/** Whether the table is read from end to end. */
export const readsAll = ({ scan }: Access): boolean => scan === "Seq Scan";
