import type { KafkaMessage } from "kafkajs";
import { expect } from "vitest";
import type { Writing } from "./writers.ts";

/** Asserts that the log holds what was acknowledged: nothing lost, doubled only what was repeated, in order per key. */
export function expectAllKept(messages: readonly KafkaMessage[], { acknowledged, refused }: Writing): void {
  const texts = messages.map(({ value }) => String(value).trim());
  const found = new Set(texts);
  expect([...acknowledged].filter((text) => !found.has(text))).toEqual([]);
  expect([...found].filter((text) => !acknowledged.has(text))).toEqual([]);
  const seen = new Set<string>();
  const doubled = texts.filter((text) => seen.size === seen.add(text).size && !refused.has(text));
  expect(doubled).toEqual([]);
  // A consumer sees the first of each event; in that order they must stand.
  const byKey = Map.groupBy([...found], (text) => text.split("/")[0]);
  for (const [key, own] of byKey) {
    expect(own.map((text) => text.split("/")[1]).map(Number), `order of ${key}`).toEqual(own.map((_, n) => n));
  }
}
