import { expect, test } from "vitest";
import { checkPlan } from "./check-plan.ts";
import type { KafkaClusterPlan } from "./model.ts";

const good: KafkaClusterPlan = { dataDir: "/data", brokers: [{ port: 9001, controllerPort: 9101 }] };

test("a plain plan is accepted, and one with users too", async () => {
  await checkPlan(good);
  await checkPlan({ ...good, users: { admin: "secret", "order-service": "secret" } });
});

test.each<[Partial<KafkaClusterPlan>, string]>([
  [{ brokers: [] }, "brokers is empty"],
  [{ brokers: [{ port: 0, controllerPort: 9101 }] }, "brokers has port 0, but allowed are 1 to 65535"],
  [{ brokers: [{ port: 9001, controllerPort: 9001 }] }, "brokers has port 9001 twice"],
  [{ users: { shop: "secret" } }, 'users has no "admin"'],
  [{ users: { admin: "s", "ordermesh-broker": "s" } }, 'users has "ordermesh-broker", which is the brokers\' own name'],
  [{ users: { admin: "" } }, 'users has "admin", but a name is of letters'],
  [{ users: { admin: "s", "a,b": "s" } }, 'users has "a,b", but a name is of letters'],
  [{ dataDir: "/a,b" }, "dataDir is /a,b, but may not contain a comma"],
  [{ tlsKeystoreFile: "/nowhere/key.pem" }, "tlsKeystoreFile is /nowhere/key.pem, but must be a readable PEM file"],
])("%j is refused: %s", async (change, message) => {
  const refusal = checkPlan({ ...good, ...change });
  await expect(refusal).rejects.toMatchObject({ name: "EngineError", code: "KAFKA_PLAN_INVALID" });
  await expect(refusal).rejects.toThrow(message);
});

test("all faults are reported together, and no password among them", async () => {
  const refusal = checkPlan({ dataDir: "/a,b", brokers: [], users: { "no good": "very-secret" } });
  await expect(refusal).rejects.toThrow(/comma.*empty.*admin.*no good/);
  await expect(refusal).rejects.not.toThrow(/very-secret/);
});
