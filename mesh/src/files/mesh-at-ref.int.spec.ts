import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { resolveEffective } from "../model/resolve-effective.ts";
import { loadMeshAtRef } from "./mesh-at-ref.ts";
import { MeshFilesError } from "./positioned.ts";

const cinema = join(import.meta.dirname, "../../fixtures/cinema");

let repository: string;
let folder: string;

const git = (...words: string[]): string =>
  execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@example.com", ...words], {
    cwd: repository,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });

async function edit(name: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(folder, name), "utf8");
  expect(text).toContain(from);
  await writeFile(join(folder, name), text.replace(from, to));
}

beforeEach(async () => {
  repository = await mkdtemp(join(tmpdir(), "mesh-ref-spec-"));
  folder = join(repository, "deploy/mesh");
  git("init", "--quiet", "--initial-branch=main");
  await mkdir(folder, { recursive: true });
  await cp(cinema, folder, { recursive: true });
  // Protos beside the mesh folder, as a repository of several parts has them.
  await cp(join(cinema, "proto"), join(repository, "proto"), { recursive: true });
  await rm(join(folder, "proto"), { recursive: true });
  await edit("mesh.yaml", "protos: proto", "protos: ../../proto");
  git("add", ".");
  git("commit", "--quiet", "-m", "cinema");
  git("tag", "first");
});

afterEach(() => rm(repository, { recursive: true, force: true }));

describe("loadMeshAtRef", () => {
  it("reads policies and protos as they were, and leaves checkout and index alone", async () => {
    await edit("policies/booking.yaml", "timeout: 3s", "timeout: 4s");
    git("add", ".");
    git("commit", "--quiet", "-m", "slower");
    await edit("policies/booking.yaml", "timeout: 4s", "timeout: 5s");
    git("add", ".");
    await rm(join(repository, "proto"), { recursive: true });
    const before = git("status", "--porcelain");

    const at = async (ref: string) => {
      const mesh = await loadMeshAtRef(folder, ref, "dev");
      return resolveEffective(mesh, "web", "cinema.booking.v1.BookingService", "Book").effective.timeoutMs.value;
    };
    expect(await at("first")).toBe(3000);
    expect(await at("main")).toBe(4000);
    expect(git("status", "--porcelain")).toBe(before);
  });

  it("reads the environment that is asked for", async () => {
    expect((await loadMeshAtRef(folder, "HEAD", "live")).environment).toBe("live");
  });

  it("names an unknown ref, and takes none for an option of git", async () => {
    await expect(loadMeshAtRef(folder, "nowhere", "dev")).rejects.toThrow(
      new UsageError('git knows no commit, branch or tag "nowhere"'),
    );
    await expect(loadMeshAtRef(folder, "--all", "dev")).rejects.toThrow(UsageError);
  });

  it("says so where the ref has no mesh folder", async () => {
    git("mv", "deploy", "moved");
    folder = join(repository, "moved/mesh");
    await expect(loadMeshAtRef(folder, "first", "dev")).rejects.toThrow(
      new UsageError("first has no moved/mesh/mesh.yaml"),
    );
  });

  it("names the ref before the file of a fault", async () => {
    await edit("policies/booking.yaml", "timeout: 3s", "timeout: 3");
    git("add", ".");
    git("commit", "--quiet", "-m", "wrong");
    const error = await loadMeshAtRef(folder, "HEAD", "dev").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MeshFilesError);
    expect(String(error)).toMatch(/HEAD:policies\/booking\.yaml:\d+: methods\.Book\.timeout: /);
  });

  it("says so outside a repository", async () => {
    await rm(join(repository, ".git"), { recursive: true });
    await expect(loadMeshAtRef(folder, "HEAD", "dev")).rejects.toThrow(/is not in a git repository/);
  });
});
