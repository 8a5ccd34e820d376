// What the sidecars of the stack do, seen from its processes: mTLS everywhere, and nobody calls what he may not.
import { once } from "node:events";
import { connect } from "node:http2";
import { credentials, Client as GrpcClient, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { expect, it } from "vitest";
import { newItem, placed, reaches, state } from "../client.ts";

function sidecar(name: string) {
  const found = state.processes.find((entry) => entry.name === `${name}-sidecar`);
  if (found?.admin === undefined) throw new Error(`the stack names no sidecar of ${name}`);
  return { ...found, admin: found.admin };
}

/** Sum of the counters of a sidecar whose names match. */
async function counted(name: string, pattern: RegExp): Promise<number> {
  const url = `http://${sidecar(name).admin}/stats?format=json&filter=${encodeURIComponent(pattern.source)}`;
  const { stats } = (await (await fetch(url)).json()) as { stats: { value?: number }[] };
  return stats.reduce((sum, { value = 0 }) => sum + value, 0);
}

/** The status of one raw call, with an empty request. */
function statusOf(address: string, path: string): Promise<{ code: number; details: string }> {
  const client = new GrpcClient(address, credentials.createInsecure());
  const bytes = (buffer: Buffer): Buffer => buffer;
  return new Promise((resolve) => {
    const done = (error: ServiceError | null): void => {
      client.close();
      resolve({ code: error?.code ?? status.OK, details: error?.details ?? "" });
    };
    client.makeUnaryRequest(
      path,
      bytes,
      bytes,
      Buffer.alloc(0),
      new Metadata(),
      { deadline: Date.now() + 5_000 },
      done,
    );
  });
}

const inventory = "/ordermesh.inventory.v1.InventoryService";

it("an order goes from process to process by mTLS", async () => {
  const before = await counted("order-1", /^http\.inbound.*downstream_rq_total$/);
  await reaches(await placed(await newItem(5)), "CONFIRMED");
  expect(await counted("order-1", /^http\.inbound.*downstream_rq_total$/)).toBeGreaterThan(before);
  for (const name of ["order-1", "inventory-1"]) {
    expect(await counted(name, /^listener\..*\.ssl\.handshake$/)).toBeGreaterThan(0);
    expect(await counted(name, /^listener\..*\.ssl\.no_certificate$/)).toBe(0);
  }
});

it("a process may not call what the caller table does not give it", async () => {
  const way = sidecar("order-1").outbound?.["inventory"];
  if (way === undefined) throw new Error("the order service has a way to the inventory");
  const allowed = await statusOf(way, `${inventory}/BatchGetItems`);
  expect(allowed.details).not.toContain("RBAC");
  expect(await statusOf(way, `${inventory}/AdjustStock`)).toEqual({
    code: status.PERMISSION_DENIED,
    details: "RBAC: access denied",
  });
});

it("nobody gets in without a certificate", async () => {
  const { inbound } = sidecar("inventory-1");
  if (inbound === undefined) throw new Error("the inventory has an inbound listener");
  expect(await statusOf(inbound, `${inventory}/ListItems`)).toMatchObject({ code: status.UNAVAILABLE });
});

it.each([
  ["order", "/ordermesh.order.v1.OrderService/GetOrder"],
  ["payment", "/ordermesh.payment.v1.PaymentService/GetPayment"],
  ["inventory", `${inventory}/GetItem`],
  ["notification", "/ordermesh.notification.v1.NotificationService/ListNotifications"],
])("an error of %s has its status in the first headers, where a sidecar sees it", async (service, path) => {
  const { grpc } = state.processes.find((entry) => entry.service === service) ?? {};
  if (grpc === undefined) throw new Error(`the stack names no gRPC address of ${service}`);
  const session = connect(`http://${grpc}`);
  const call = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  // An empty message, without a token.
  call.end(Buffer.alloc(5));
  const [headers] = await once(call, "response");
  session.destroy();
  expect(headers).toMatchObject({ ":status": 200, "grpc-status": String(status.UNAUTHENTICATED) });
});
