import { describe, expect, it } from "vitest";
import { resourcesIn } from "./resources.ts";

const [resource] = resourcesIn(
  `apiVersion: a/v1
kind: Thing
metadata: { name: one }
spec:
  read: yes
  known:
    inner: 5
    other: 6
  list:
    - a: 1
    - b: 2
  wrong: word
  empty:
`,
  "one.yaml",
);
if (resource === undefined) throw new Error("no resource");
const { spec } = resource;

describe("a part of a resource", () => {
  it("knows what nobody has read, and on which line it is", () => {
    spec.text("read");
    spec.map("known")?.number("inner");
    for (const entry of spec.list("list")) entry.number("a");
    // Of another type than was asked for: not read.
    spec.number("wrong");
    expect(spec.unread().map(({ field, place }) => `${field} ${place.line}`)).toEqual([
      "spec.known.other 8",
      "spec.list[1].b 11",
      "spec.wrong 12",
    ]);
  });

  it("can be left aside with all that is below it", () => {
    spec.ignore("known", "list", "wrong");
    expect(spec.unread()).toEqual([]);
  });
});

describe("resources in YAML", () => {
  it("are found in several documents and in lists, and what is none is left aside", () => {
    const found = resourcesIn(
      `apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: Service, metadata: { name: a } }
  - { apiVersion: v1, kind: Service, metadata: { name: b, namespace: n } }
---
---
replicas: 3
---
apiVersion: v1
kind: Service
metadata: { name: c }
`,
      "all.yaml",
    );
    expect(found.map(({ name, namespace, place }) => [name, namespace, place.line])).toEqual([
      ["a", undefined, 4],
      ["b", "n", 5],
      ["c", undefined, 10],
    ]);
  });

  it("that cannot be read are told with their line", () => {
    expect(() => resourcesIn("a: 1\nb: [\n", "broken.yaml")).toThrow(/broken\.yaml:\d+: /);
  });
});
