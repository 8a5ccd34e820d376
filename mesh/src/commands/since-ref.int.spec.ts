import { execFileSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "../output/testing/run-cli.ts";

const cinema = join(import.meta.dirname, "../../fixtures/cinema");

let folder: string;

async function edit(name: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(folder, name), "utf8");
  expect(text).toContain(from);
  await writeFile(join(folder, name), text.replace(from, to));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mesh-since-ref-"));
  await cp(cinema, folder, { recursive: true });
  const git = (...words: string[]) => execFileSync("git", words, { cwd: folder, stdio: "ignore" });
  git("init", "--quiet", "--initial-branch=main");
  git("add", ".");
  git("-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", "cinema");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe("mesh authz --against", () => {
  it("ends with 0 and says so where nothing changed", async () => {
    expect(await runCli(folder, ["authz", "--against", "main"])).toEqual({
      code: 0,
      out: "The same calls are allowed as at main.\n",
      error: "",
    });
  });

  it("ends with 1 where a caller may do more, and names who and what", async () => {
    await edit("callers.yaml", "[HoldSeats, ReleaseSeats]", "[HoldSeats, ReleaseSeats, ListSeats]");
    const { code, out } = await runCli(folder, ["authz", "--against", "main", "--json"]);
    expect(code).toBe(1);
    const { widened, narrowed } = JSON.parse(out);
    expect(widened).toEqual([expect.objectContaining({ caller: "booking", method: "ListSeats" })]);
    expect(narrowed).toEqual([]);
  });

  it("ends with 0 where a caller may do less, and names what", async () => {
    await edit("callers.yaml", "[HoldSeats, ReleaseSeats]", "[HoldSeats]");
    const { code, out } = await runCli(folder, ["authz", "--against", "main"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^narrowed {2}booking {2}SeatService\/ReleaseSeats /m);
  });
});

describe("mesh diff REF", () => {
  it("ends with 1 and names the change with the line of both sides", async () => {
    await edit("policies/booking.yaml", "timeout: 3s", "timeout: 4s");
    const { code, out } = await runCli(folder, ["diff", "main"]);
    expect(code).toBe(1);
    expect(out).toMatch(
      /^web +BookingService: Book +timeout +3s +4s +main:policies\/booking\.yaml:(\d+) → policies\/booking\.yaml:\1$/m,
    );
    expect(out).toContain("1 of 10 calls differ in effect between main and now.");
  });

  it("compares the environment that is named", async () => {
    await edit("overlays/live.yaml", "timeout: 500ms", "timeout: 600ms");
    expect((await runCli(folder, ["diff", "main", "--env", "dev"])).code).toBe(0);
    expect((await runCli(folder, ["diff", "main", "--env", "live"])).code).toBe(1);
  });

  it("takes one environment for a mistake", async () => {
    expect(await runCli(folder, ["diff", "live"])).toEqual({
      code: 2,
      out: "",
      error:
        "error: live is an environment: name a second one to compare it with (a branch of that name is refs/heads/live)\n",
    });
  });
});
