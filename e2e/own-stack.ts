// A stack that one spec file has to itself: it holds processes down, or needs other settings than the shared one.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issueDevelopmentToken, type Stack, type StackOptions, type StackState, startStack } from "@ordermesh/stack";
import { type Answer, rest } from "./rest.ts";

export interface OwnStack {
  readonly stack: Stack;
  readonly dataDir: string;
  /** What runs, as the tools of bench want to be told it. */
  state(): Promise<StackState>;
  get(path: string, token: string): Promise<Answer>;
  /** Places one order of one item, under a key of its own. */
  place(sku: string, token: string, clientReference?: string): Promise<Answer>;
  /** Puts an item that no order has had so far. */
  putItem(sku: string): Promise<Answer>;
  tokenOf(customer: string): Promise<string>;
  remove(): Promise<void>;
}

export async function startOwnStack(options: Omit<StackOptions, "dataDir" | "port">): Promise<OwnStack> {
  const dataDir = await mkdtemp(join(tmpdir(), "ordermesh-e2e-"));
  const stack = await startStack({ ...options, dataDir, port: 0 });
  const { gatewayUrl } = stack.state();
  return {
    stack,
    dataDir,
    state: async () => stack.state(),
    get: (path, token) => rest(gatewayUrl, "GET", path, { token }),
    place: (sku, token, clientReference = "") =>
      rest(gatewayUrl, "POST", "/v1/orders", {
        token,
        headers: { "idempotency-key": randomUUID() },
        body: {
          clientReference,
          currencyCode: "EUR",
          lines: [{ sku, quantity: 1 }],
          paymentMethod: { token: "tok_approve" },
          contact: { email: "ada@example.com" },
        },
      }),
    putItem: (sku) =>
      rest(gatewayUrl, "PUT", `/v1/items/${sku}`, {
        token: stack.state().operatorToken,
        body: { name: `Item ${sku}`, unitPrice: { currencyCode: "EUR", minorUnits: "1250" } },
      }),
    tokenOf: (customer) => issueDevelopmentToken(dataDir, customer),
    remove: async () => {
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
