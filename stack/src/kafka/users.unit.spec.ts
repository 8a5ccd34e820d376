import { parseEventLogUrl } from "@ordermesh/runtime/event-log";
import { expect, test } from "vitest";
import { layoutOf } from "../data-folder/layout.ts";
import { kafkaServiceUrls, kafkaUrl } from "./users.ts";

const layout = layoutOf("/somewhere/with a space & more");

test("a URL names the user and the file of the password, and holds no password", () => {
  expect(parseEventLogUrl(kafkaUrl(["127.0.0.1:1", "127.0.0.1:2"], layout, "admin"))).toEqual({
    driver: "kafka",
    brokers: ["127.0.0.1:1", "127.0.0.1:2"],
    sasl: {
      mechanism: "scram-sha-512",
      username: "admin",
      passwordFile: "/somewhere/with a space & more/kafka-admin.password",
    },
  });
});

test("each service logs in as itself", () => {
  const users = Object.entries(kafkaServiceUrls(["127.0.0.1:1"], layout)).map(([name, url]) => {
    const address = parseEventLogUrl(url);
    return [name, address.driver === "kafka" ? address.sasl?.username : undefined];
  });
  expect(users).toEqual(["order", "payment", "inventory", "notification"].map((name) => [name, name]));
});
