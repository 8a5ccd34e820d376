// What the documents name must exist: files, headings, npm scripts, commands of the mesh tool.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const documents = ["README.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md", { cwd: root })].map((path) => ({
  path,
  text: readFileSync(join(root, path), "utf8"),
}));

const withoutCode = (text: string): string => text.replace(/^ *```[\s\S]*?^ *```$/gm, "").replace(/`[^`\n]*`/g, "");
const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].flatMap(([, found]) => found ?? []);

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
const anchorsIn = (text: string): string[] =>
  matches(text.replace(/^ *```[\s\S]*?^ *```$/gm, ""), /^#+ +(.+)$/gm).map(anchorOf);

test.each(documents)("links of $path lead somewhere", ({ path, text }) => {
  const links = matches(withoutCode(text), /\]\(([^)\s]+)\)/g).filter((link) => !/^[a-z]+:/.test(link));
  const broken = links.filter((link) => {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? join(root, path) : join(root, dirname(path), file);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsIn(readFileSync(target, "utf8")).includes(anchor);
  });
  expect(broken, relative(root, path)).toEqual([]);
});

test("npm scripts that documents name exist", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
  const named = documents.flatMap(({ text }) => matches(text, /npm run (?:--silent )?([a-z][a-z:-]*)/g));
  expect([...new Set(named)].filter((name) => !(name in scripts))).toEqual([]);
});

test("commands of the mesh tool that documents name exist", () => {
  const known = globSync("mesh/src/commands/*.ts", { cwd: root }).flatMap((path) =>
    matches(readFileSync(join(root, path), "utf8"), /new Command\("([a-z]+)"\)/g),
  );
  const named = documents.flatMap(({ text }) => matches(text, /(?:npm run mesh --|`mesh) ([a-z]+)/g));
  expect(named.length).toBeGreaterThan(20);
  expect([...new Set(named)].filter((name) => ![...known, "completion"].includes(name))).toEqual([]);
});
