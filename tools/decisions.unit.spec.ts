import { expect, test } from "vitest";
import { decisionFaults } from "./decisions.ts";

const head = "| No. | Decision | Why | What it costs | Where |\n|---|---|---|---|---|";
const first = "| [1](adr/0001-one.md) | One of it | two differ | space | `src/one.ts` |";
const second = "| [2](adr/0002-two.md) | Two of it | one dies | time | `src`, `README.md` |";
const records = new Map([
  ["0001-one.md", "# 1. One of it\n"],
  ["0002-two.md", "# 2. Two of it\n"],
]);
const exists = (path: string): boolean => ["src", "src/one.ts", "README.md"].includes(path);

const faultsOf = (rows: readonly string[], others: Partial<Parameters<typeof decisionFaults>[0]> = {}) =>
  decisionFaults({ table: ["# Decisions", "", head, ...rows, "", "More."].join("\n"), records, exists, ...others });

test("a table that has every record once, and places that exist, is without fault", () => {
  expect(faultsOf([first, second])).toEqual([]);
});

test("a record without a row is named", () => {
  expect(faultsOf([first])).toEqual(["docs/adr/0002-two.md has no row"]);
});

test("a row without a record, and one that is there twice, are named", () => {
  const third = "| [3](adr/0003-three.md) | Three | so | much | `src` |";
  expect(faultsOf([first, second, third])).toEqual(["docs/adr/0003-three.md does not exist"]);
  expect(faultsOf([first, second, second])).toEqual(["docs/adr/0002-two.md has two rows"]);
});

test.each([
  [second.replace("[2]", "[3]"), 'row "[3](adr/0002-two.md)": its link leads to 0002-two.md'],
  [second.replace("time", ""), 'row "[2](adr/0002-two.md)": What it costs is empty'],
  [second.replace("README.md", "gone.ts"), 'row "[2](adr/0002-two.md)": gone.ts does not exist'],
  [second.replace("`src`, `README.md`", "in the code"), 'row "[2](adr/0002-two.md)": names no place in the code'],
  [second.replace(" time |", ""), 'row "[2](adr/0002-two.md)": 4 cells; allowed are 5'],
])("a fault in the row %j is said", (row, fault) => {
  expect(faultsOf([first, row])).toEqual(expect.arrayContaining([expect.stringContaining(fault)]));
});

test("a row that does not begin with the link to a record is named, and so is the record that it leaves out", () => {
  expect(faultsOf([first, second.replace("[2](adr/0002-two.md)", "2")])).toEqual([
    'row "2": the first cell is to be [NUMBER](adr/FILE)',
    "docs/adr/0002-two.md has no row",
  ]);
});

test("records are numbered in their names and their headings alike", () => {
  const odd = new Map([...records, ["third.md", "# 3. Three\n"]]);
  expect(faultsOf([first, second], { records: odd })).toContain(
    "docs/adr/third.md: the name is to be like 0001-what-was-decided.md",
  );
  const other = new Map([...records, ["0002-two.md", "# Two of it\n"]]);
  expect(faultsOf([first, second], { records: other })).toEqual([
    'docs/adr/0002-two.md: the first line is to begin with "# 2. "',
  ]);
});

test("another table is refused with the columns that are allowed", () => {
  expect(decisionFaults({ table: "| A | B |\n|---|---|\n", records, exists })).toEqual([
    "the table has the columns A | B; allowed is No. | Decision | Why | What it costs | Where",
  ]);
  expect(decisionFaults({ table: "no table", records, exists })[0]).toMatch(/allowed is No\. \|/);
});
