// Stands in for a service in specs of the supervisor: answers /readyz, writes a log line, stops on SIGTERM.
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";

const [host = "", port = ""] = (process.env["ORDERMESH_HEALTH_LISTEN"] ?? "").split(":");
const instance = process.env["ORDERMESH_INSTANCE"] ?? "";

const log = (level: string, msg: string, fields: object = {}): void => {
  process.stdout.write(`${JSON.stringify({ level, time: new Date().toISOString(), instance, msg, ...fields })}\n`);
};

if (process.env["FAKE_FAULT"] === instance) {
  log("fatal", "could not start", { faults: ["no such thing"] });
  process.exit(1);
}

const server = createServer((request, response) => {
  if (request.url === "/environment") response.end(JSON.stringify(process.env));
  else response.writeHead(request.url === "/readyz" ? 200 : 404).end();
});
server.listen(Number(port), host, () => log("info", "started", { port: Number(port) }));
process.once("SIGTERM", () => {
  // Of the order in which processes are told to stop.
  const file = process.env["FAKE_STOP_LOG"];
  if (file !== undefined) appendFileSync(file, `${instance}\n`);
  server.close();
  server.closeAllConnections();
  process.disconnect?.();
});
