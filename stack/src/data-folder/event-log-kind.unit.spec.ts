import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkEventLogKind, rememberEventLogKind } from "./event-log-kind.ts";
import { type Layout, layoutOf } from "./layout.ts";

let layout: Layout;

beforeEach(async () => {
  layout = layoutOf(await mkdtemp(join(tmpdir(), "ordermesh-kind-")));
});

afterEach(() => rm(layout.root, { recursive: true }));

test("a folder without events takes any event log", async () => {
  for (const kind of ["embedded", "kafka", "external"] as const) await checkEventLogKind(layout, kind);
});

test("one that has events keeps its event log", async () => {
  await rememberEventLogKind(layout, "external");
  await checkEventLogKind(layout, "external");
  const refused = { code: "EVENT_LOG_CHANGED", message: expect.stringMatching(/elsewhere.*start it with --kafka/) };
  await expect(checkEventLogKind(layout, "kafka")).rejects.toMatchObject(refused);
  await expect(checkEventLogKind(layout, "embedded")).rejects.toMatchObject(refused);
});

test("one from before there was a choice has its events in PostgreSQL", async () => {
  await writeFile(layout.seeded, JSON.stringify({ items: 1_000 }));
  await checkEventLogKind(layout, "embedded");
  await expect(checkEventLogKind(layout, "kafka")).rejects.toMatchObject({ code: "EVENT_LOG_CHANGED" });
});
