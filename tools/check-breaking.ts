// Fails when a proto breaks its clients: compares the protos with those of the base commit, which is the merge base
// with origin/main, or the commit before when this is origin/main itself.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const git = (...args: string[]): Buffer =>
  execFileSync("git", args, { maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });

function tryGit(...args: string[]): string | undefined {
  try {
    return git(...args)
      .toString()
      .trim();
  } catch {
    return undefined; // the ref does not exist: the next candidate is tried
  }
}

const head = tryGit("rev-parse", "HEAD");
const mergeBase = tryGit("merge-base", "HEAD", "origin/main");
const base = mergeBase !== undefined && mergeBase !== head ? mergeBase : tryGit("rev-parse", "HEAD~1");
const protos = base && tryGit("ls-tree", "-r", "--name-only", base, "proto/ordermesh");

if (!base || !protos) {
  console.log("breaking changes: no earlier protos to compare with");
} else {
  const folder = mkdtempSync(join(tmpdir(), "ordermesh-protos-"));
  try {
    for (const path of protos.split("\n")) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), git("show", `${base}:${path}`));
    }
    cpSync("buf.yaml", join(folder, "buf.yaml"));
    if (!existsSync(".buf-deps")) throw new Error("run tools/gather-protos.ts first");
    cpSync(".buf-deps", join(folder, ".buf-deps"), { recursive: true });
    execFileSync("buf", ["breaking", "--against", folder], { stdio: "inherit" });
    console.log(`breaking changes: none against ${base.slice(0, 10)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
