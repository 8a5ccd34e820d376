import { readdir, stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { startEnvoy } from "./index.ts";
import { installInto } from "./install.ts";

test("two at once install the real Envoy into one folder, a third takes it without Python, and it serves", async () => {
  const parent = await temporaryFolder();
  const [one, other] = await Promise.all([installInto(parent, process.env, {}), installInto(parent, process.env, {})]);
  expect(other).toEqual(one);
  expect(await readdir(parent)).toEqual([`envoy-${one.version}`]);
  const { mtimeMs } = await stat(one.binary);
  const said: string[] = [];
  expect(await installInto(parent, { PATH: "" }, { onProgress: (text) => said.push(text) })).toEqual(one);
  expect(said).toEqual([]);
  expect((await stat(one.binary)).mtimeMs).toBe(mtimeMs);

  const envoy = await startEnvoy({ installation: one, name: "a", bootstrap: {}, folder: await temporaryFolder() });
  await envoy.stop();
  expect(await envoy.exited).toMatchObject({ code: 0 });
});
