// Arrays as PostgreSQL writes them, for values that need no quotes: ids, numbers, booleans, names of enums. Whole batches
// go as such arrays, and quoting every element costs more than the rest of sending them.

type Plain = string | number | bigint | boolean | null;

export function arrayLiteral<T>(items: readonly T[], plainOf: (item: T) => Plain): string {
  let text = "{";
  for (let index = 0; index < items.length; index++) {
    if (index > 0) text += ",";
    text += plainOf(items[index] as T) ?? "NULL";
  }
  return `${text}}`;
}
