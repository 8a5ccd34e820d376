import { describe, expect, it } from "vitest";
import { idleRules, layerBreaks, rules } from "./layers.ts";

const breaks = (path: string, text: string) => layerBreaks([{ path, text }]);

describe("the layer check", () => {
  it("finds a service that imports another", () => {
    expect(breaks("services/order/src/app.ts", 'import { x } from "@ordermesh/payment";')).toHaveLength(1);
    expect(
      breaks("services/order/src/app.ts", 'import { x } from "../../../services/payment/src/app.ts";'),
    ).toHaveLength(1);
    expect(breaks("services/order/src/app.ts", 'import { x } from "@ordermesh/runtime/rpc";')).toEqual([]);
  });

  it("finds runtime that knows a service or its contract", () => {
    expect(breaks("services/runtime/src/rpc/a.ts", 'import { x } from "@ordermesh/proto/order";')).toHaveLength(1);
    expect(breaks("services/runtime/src/rpc/a.ts", 'import { x } from "@ordermesh/proto/google";')).toEqual([]);
  });

  it("finds domain code that reaches outwards or reads the clock", () => {
    expect(breaks("services/order/src/domain/a.ts", 'import { Pool } from "pg";')).toHaveLength(1);
    expect(breaks("services/order/src/domain/a.ts", 'import { x } from "../store/x.ts";')).toHaveLength(1);
    expect(breaks("services/order/src/domain/a.ts", "const now = Date.now();")).toHaveLength(1);
    expect(breaks("services/order/src/domain/a.ts", 'import { x } from "./order.ts";')).toEqual([]);
  });

  it("finds a mesh tool that knows the platform, and engines that know anything of it", () => {
    expect(breaks("mesh/src/lint/a.ts", 'import { x } from "@ordermesh/proto/order";')).toHaveLength(1);
    expect(breaks("mesh/src/verify/a.ts", 'import { x } from "@ordermesh/engines/envoy";')).toEqual([]);
    expect(breaks("engines/src/envoy/a.ts", 'import { x } from "@ordermesh/mesh";')).toHaveLength(1);
  });

  it("finds a rule that no file is held to", () => {
    expect(idleRules([])).toHaveLength(rules.length);
    expect(idleRules([{ path: "mesh/src/a.ts", text: "" }])).toHaveLength(rules.length - 1);
  });

  it("finds a service that names a driver of the event log", () => {
    expect(breaks("services/order/src/app.ts", 'import { Kafka } from "kafkajs";')).toHaveLength(1);
  });
});
