import { TypeOverrides, types } from "pg";

const INT8 = 20;
const INT8_ARRAY = 1016;

function parseInt8Array(text: string): (bigint | null)[] {
  if (text === "{}") return [];
  return text
    .slice(1, -1)
    .split(",")
    .map((item) => (item === "NULL" ? null : BigInt(item)));
}

/**
 * How columns become values: `bigint` columns become `bigint`, because a number would lose digits; everything else as
 * pg does it (`timestamptz` becomes `Date`, `numeric` stays text). Kept apart from pg's global table, which belongs to
 * no one module.
 */
export const columnTypes = new TypeOverrides(types);
columnTypes.setTypeParser(INT8, "text", BigInt);
columnTypes.setTypeParser(INT8_ARRAY, "text", parseInt8Array);
