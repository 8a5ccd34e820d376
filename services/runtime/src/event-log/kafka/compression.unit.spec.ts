import { execFileSync } from "node:child_process";
import { CompressionCodecs, CompressionTypes } from "kafkajs";
import { expect, test } from "vitest";
import { registerZstd } from "./compression.ts";

test("kafkajs compresses and reads zstd once it is registered", async () => {
  expect(() => CompressionCodecs[CompressionTypes.ZSTD]()).toThrow(/not implemented/);
  registerZstd();
  const codec = CompressionCodecs[CompressionTypes.ZSTD]();
  const text = Buffer.from("the same words again and again, ".repeat(1_000));
  const packed: Buffer = await codec.compress({ buffer: text });
  // The magic number of a zstd frame (RFC 8878, section 3.1.1).
  expect(packed.readUInt32LE(0)).toBe(0xfd2fb528);
  expect(packed.length).toBeLessThan(text.length / 10);
  expect(await codec.decompress(packed)).toEqual(text);
});

test("zstd is registered by plain Node too, which sees fewer exports of kafkajs than the test runner", () => {
  const module = JSON.stringify(new URL("compression.ts", import.meta.url).href);
  const script = `import { registerZstd } from ${module}; registerZstd(); console.log("registered");`;
  expect(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })).toBe(
    "registered\n",
  );
});
