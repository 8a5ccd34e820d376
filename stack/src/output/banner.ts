import { styleText } from "node:util";
import { parseEventLogUrl } from "@ordermesh/runtime/event-log";
import type { StackState } from "../state.ts";

/** What a person needs to try the stack: address, tokens and three commands that can be pasted. */
export function describeStack(state: StackState, stream: NodeJS.WritableStream): string {
  const title = (text: string): string => styleText("bold", text, { stream });
  const order = JSON.stringify({
    clientReference: "cart-17",
    currencyCode: "EUR",
    lines: [{ sku: "sku-0001", quantity: 2 }],
    paymentMethod: { token: "tok_approve" },
    contact: { email: "ada@example.com" },
  });
  const auth = '-H "Authorization: Bearer $CUSTOMER"';
  return [
    "",
    `${title("Ordermesh serves at")} ${state.gatewayUrl}`,
    `${title("Events are")} ${placeOfEvents(state)}`,
    ...placeOfOrders(state, title),
    ...(state.mesh ? [`${title("Mesh:")} a sidecar beside every process, mTLS, policies of mesh/`] : []),
    "",
    title("Tokens of a customer and of an operator"),
    `export CUSTOMER=${state.customerToken}`,
    `export OPERATOR=${state.operatorToken}`,
    "",
    title("Place an order"),
    `curl -sS ${state.gatewayUrl}/v1/orders ${auth} -H 'Idempotency-Key: cart-17' -H 'Content-Type: application/json' -d '${order}'`,
    "",
    title("Look at it (with the id that came back)"),
    `curl -sS ${state.gatewayUrl}/v1/orders/ORDER_ID ${auth}`,
    "",
    title("Watch it until it is final"),
    `curl -sSN ${state.gatewayUrl}/v1/orders/ORDER_ID:watch ${auth} -H 'Accept: text/event-stream'`,
    "",
    styleText("gray", "Ctrl-C stops everything. What follows is the log.", { stream }),
    "",
  ].join("\n");
}

/** Nothing of what is as simple as it can be. */
function placeOfOrders({ databases, redisUrl }: StackState, title: (text: string) => string): string[] {
  const { length } = databases.shards;
  return [
    ...(length > 1 ? [`${title("Orders are")} on ${length} shards (npm run shards shows their spread)`] : []),
    ...(redisUrl === undefined ? [] : [`${title("Redis is")} at ${new URL(redisUrl).host}`]),
  ];
}

function placeOfEvents(state: StackState): string {
  const log = parseEventLogUrl(state.eventLogUrl);
  return log.driver === "kafka" ? `on Kafka at ${log.brokers.join(", ")}` : "in PostgreSQL (embedded)";
}
