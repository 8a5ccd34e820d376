import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { splitFrames } from "./split-frames.ts";

/**
 * What happens to a Produce request: the connection ends before the broker got it, or after the broker appended and
 * before its answer arrived; or the answer, and all behind it, arrives later than the client waits.
 */
export type Fault = "request lost" | "answer lost" | "answer late";

export interface FaultProxy {
  readonly port: number;
  /** Where connections go from now on, as host:port. */
  forwardTo(address: string): void;
  /** The next Produce request meets this fault. `struck` resolves when it did, `over` when a late answer has gone on. */
  strike(fault: Fault): { struck: Promise<void>; over: Promise<void> };
  close(): Promise<void>;
}

interface Strike {
  readonly fault: Fault;
  readonly struck: PromiseWithResolvers<void>;
  readonly over: PromiseWithResolvers<void>;
}

const PRODUCE = 0;

/**
 * A TCP proxy in front of one broker that understands just enough of Kafka's protocol to harm chosen requests: every
 * message has its length in front, a request then its kind (two bytes) and, at byte 8, the number that its answer has
 * at byte 4 (Kafka protocol guide, "Common Request and Response Structure").
 * @param lateMs how late a late answer is
 */
export async function startFaultProxy(lateMs: number): Promise<FaultProxy> {
  const strikes: Strike[] = [];
  const open = new Set<Socket>();
  let target = "";

  function relay(client: Socket): void {
    const [host, port] = target.split(":");
    const broker = connect({ host: host ?? "", port: Number(port) });
    const doomed = new Map<number, Strike>();
    let released: Promise<void> | undefined;
    const cut = () => {
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) {
      open.add(socket);
      socket.setNoDelay(true);
      // What a broken connection means is for the other end to find out; here it only ends its twin.
      socket.on("error", cut);
      socket.on("close", () => {
        open.delete(socket);
        cut();
      });
    }
    const pass = (frame: Buffer) => {
      if (!client.destroyed) client.write(frame);
    };
    const onRequest = (frame: Buffer) => {
      const strike = frame.readInt16BE(4) === PRODUCE ? strikes.shift() : undefined;
      if (strike?.fault === "request lost") {
        cut();
        strike.struck.resolve();
        strike.over.resolve();
        return;
      }
      if (strike !== undefined) doomed.set(frame.readInt32BE(8), strike);
      broker.write(frame);
    };
    const onAnswer = (frame: Buffer) => {
      const strike = doomed.get(frame.readInt32BE(4));
      if (strike?.fault === "answer lost") {
        cut();
        strike.struck.resolve();
        strike.over.resolve();
      } else if (strike !== undefined) {
        released = new Promise((resolve) => setTimeout(resolve, lateMs));
        void released.then(() => {
          pass(frame);
          strike.over.resolve();
        });
        strike.struck.resolve();
      } else if (released !== undefined) {
        void released.then(() => pass(frame));
      } else {
        pass(frame);
      }
    };
    client.on("data", splitFrames(onRequest));
    broker.on("data", splitFrames(onAnswer));
  }

  const server = createServer(relay);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    forwardTo(address) {
      target = address;
    },
    strike(fault) {
      const strike = { fault, struck: Promise.withResolvers<void>(), over: Promise.withResolvers<void>() };
      strikes.push(strike);
      return { struck: strike.struck.promise, over: strike.over.promise };
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
