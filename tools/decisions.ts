// Compares the table of docs/design-decisions.md with the decision records that there are.

export interface DecisionSources {
  /** Text of docs/design-decisions.md. */
  readonly table: string;
  /** File names of docs/adr, such as "0007-node-from-npm.md", with their text. */
  readonly records: ReadonlyMap<string, string>;
  /** Whether a path from the root of the repository is there. */
  exists(path: string): boolean;
}

const columns = ["No.", "Decision", "Why", "What it costs", "Where"] as const;

/** What is wrong, in sentences that name the row or the file; nothing when they agree. */
export function decisionFaults({ table, records, exists }: DecisionSources): readonly string[] {
  const [head, rule, ...rows] = tableLines(table).map(cellsOf);
  if (rule === undefined || head?.join(" | ") !== columns.join(" | ")) {
    return [`the table has the columns ${head?.join(" | ") ?? "of none"}; allowed is ${columns.join(" | ")}`];
  }
  const named = rows.map(([link = ""]) => /^\[(\d+)\]\(adr\/([^)]+)\)$/.exec(link));
  const files = named.map((match) => match?.[2] ?? "");
  return [
    ...rows.flatMap((cells, index) => rowFaults(cells, named[index] ?? undefined, exists)),
    ...files.filter((file) => file !== "" && !records.has(file)).map((file) => `docs/adr/${file} does not exist`),
    ...files.filter((file, index) => files.indexOf(file) !== index).map((file) => `docs/adr/${file} has two rows`),
    ...[...records.keys()].filter((file) => !files.includes(file)).map((file) => `docs/adr/${file} has no row`),
    ...[...records].flatMap(([file, text]) => recordFaults(file, text)),
  ];
}

/** The lines of the first table. */
function tableLines(text: string): string[] {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const after = lines.findIndex((line, index) => index > first && !line.startsWith("|"));
  return first < 0 ? [] : lines.slice(first, after < 0 ? lines.length : after);
}

const cellsOf = (line: string): string[] =>
  line
    .replace(/^\||\|\s*$/g, "")
    .split("|")
    .map((cell) => cell.trim());

function rowFaults(
  cells: readonly string[],
  link: RegExpExecArray | undefined,
  exists: (path: string) => boolean,
): string[] {
  const row = `row ${JSON.stringify(cells[0])}`;
  if (link === undefined) return [`${row}: the first cell is to be [NUMBER](adr/FILE)`];
  const [, number = "", file = ""] = link;
  const paths = [...(cells[4] ?? "").matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
  return [
    ...(cells.length === columns.length ? [] : [`${row}: ${cells.length} cells; allowed are ${columns.length}`]),
    ...columns.filter((_, index) => cells[index] === "").map((column) => `${row}: ${column} is empty`),
    ...(Number(file.slice(0, 4)) === Number(number) ? [] : [`${row}: its link leads to ${file}`]),
    ...(paths.length > 0 ? [] : [`${row}: names no place in the code, as \`path\``]),
    ...paths.filter((path) => !exists(path)).map((path) => `${row}: ${path} does not exist`),
  ];
}

function recordFaults(file: string, text: string): string[] {
  const number = /^(\d{4})-[a-z0-9-]+\.md$/.exec(file)?.[1];
  if (number === undefined) return [`docs/adr/${file}: the name is to be like 0001-what-was-decided.md`];
  const heading = new RegExp(`^# ${Number(number)}\\. \\S`);
  return heading.test(text) ? [] : [`docs/adr/${file}: the first line is to begin with "# ${Number(number)}. "`];
}
