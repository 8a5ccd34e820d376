import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** As much of a Redis as a client asks for: it can fall silent, refuse and come back on its port. */
export interface FakeRedis {
  readonly url: string;
  /** Names of the commands that arrived, in order. */
  readonly commands: readonly string[];
  /** Takes connections and commands and answers none, from now on or no more; what waited is answered then. */
  hang(silent: boolean): void;
  /** Ends the connections there are. */
  cut(): void;
  push(channel: string, message: string): void;
  stop(): Promise<void>;
}

const answers: Readonly<Record<string, string>> = {
  HELLO: "%0\r\n",
  PING: "+PONG\r\n",
  GET: "$-1\r\n",
  SUBSCRIBE: ">3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n",
  UNSUBSCRIBE: ">3\r\n$11\r\nunsubscribe\r\n$4\r\nnews\r\n:0\r\n",
  WRONG: "-ERR unknown command\r\n",
};

export async function startFakeRedis(port = 0): Promise<FakeRedis> {
  const sockets = new Set<Socket>();
  const commands: string[] = [];
  let waiting: (() => void)[] | undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      for (const [, name = ""] of chunk.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
        commands.push(name.toUpperCase());
        const say = () => void socket.write(answers[name.toUpperCase()] ?? "+OK\r\n");
        if (waiting) waiting.push(say);
        else say();
      }
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const taken = (server.address() as AddressInfo).port;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `redis://someone:secret@127.0.0.1:${taken}`,
    commands,
    cut,
    hang(silent) {
      const due = waiting ?? [];
      waiting = silent ? due : undefined;
      if (!silent) for (const say of due) say();
    },
    push(channel, message) {
      const words = ["message", channel, message].map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
      for (const socket of sockets) socket.write(`>3\r\n${words.join("")}`);
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      cut();
      await closed;
    },
  };
}
