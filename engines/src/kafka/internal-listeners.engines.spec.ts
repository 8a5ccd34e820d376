import { beforeAll, expect, onTestFinished, test } from "vitest";
import { findFreePorts } from "../free-ports.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { installKafka, type KafkaInstallation, prepareKafka } from "./index.ts";
import { INTERNAL_USER } from "./properties.ts";
import { alterScramUsers, askApiVersions, askBrokerIds } from "./requests.ts";
import { LoginRefusedError, loginPlain, loginScram } from "./sasl.ts";
import { openWire, type Wire } from "./wire.ts";

let installation: KafkaInstallation;

beforeAll(async () => {
  installation = await installKafka();
});

/** A broker whose own listener has a port that the test knows. */
async function startBroker() {
  const [port = 0, controllerPort = 0, internalPort = 0] = await findFreePorts(3);
  const advertised = `CLIENT://127.0.0.1:${port},INTERNAL://127.0.0.1:${internalPort}`;
  const [broker] = await prepareKafka(installation, {
    dataDir: await temporaryFolder(),
    brokers: [{ port, controllerPort }],
    users: { admin: "admin-password" },
    settings: {
      listeners: `${advertised},CONTROLLER://127.0.0.1:${controllerPort}`,
      "advertised.listeners": advertised,
    },
  });
  if (broker === undefined) throw new Error("no broker was prepared");
  const running = await broker.launch();
  onTestFinished(() => running.stop());
  return { port, controllerPort, internalPort };
}

async function connected<T>(port: number, work: (wire: Wire) => Promise<T>): Promise<T> {
  const wire = await openWire(port, { secure: false });
  return work(wire).finally(() => wire.close());
}

test("neither the brokers' own listener nor the controllers' serves anyone without the brokers' password", async () => {
  const { port, controllerPort, internalPort } = await startBroker();
  const change = { put: [], remove: ["admin"] };
  for (const inner of [internalPort, controllerPort]) {
    await connected(inner, askApiVersions); // It is there, and speaks Kafka.
    await expect(connected(inner, askBrokerIds)).rejects.toThrow(/closed the connection|ECONNRESET/);
    await expect(connected(inner, (wire) => alterScramUsers(wire, change))).rejects.toThrow(
      /closed the connection|ECONNRESET/,
    );
    for (const guess of [
      { name: INTERNAL_USER, password: "guess" },
      { name: "admin", password: "admin-password" },
    ]) {
      await expect(connected(inner, (wire) => loginPlain(wire, guess))).rejects.toThrow(LoginRefusedError);
    }
    const asAdmin = { name: "admin", password: "admin-password" };
    await expect(connected(inner, (wire) => loginScram(wire, asAdmin))).rejects.toThrow("does not take SCRAM-SHA-512");
  }
  // The same requests do work where the caller may: it is not the requests that are wrong.
  const ids = connected(port, async (wire) => {
    await loginScram(wire, { name: "admin", password: "admin-password" });
    return askBrokerIds(wire);
  });
  expect(await ids).toEqual([1]);
});
