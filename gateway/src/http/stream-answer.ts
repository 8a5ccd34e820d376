// Answers a server stream as server-sent events or as newline-delimited JSON, at the pace of the client.
import type { ServerResponse } from "node:http";
import type { Problem } from "../problems/problem.ts";

/** One way to write a stream. */
export interface StreamFormat {
  readonly contentType: string;
  message(json: string): string;
  problem(problem: Problem): string;
  /** Said after the last message. */
  readonly end: string;
  /** Said when nothing else was for a while, so that proxies keep the connection open. */
  readonly heartbeat: string | undefined;
}

/** The end is an event, because an EventSource takes a plain end for a broken connection and comes back. */
export const serverSentEvents: StreamFormat = {
  contentType: "text/event-stream",
  message: (json) => `data: ${json}\n\n`,
  problem: (problem) => `event: problem\ndata: ${JSON.stringify(problem)}\n\n`,
  end: "event: end\ndata: {}\n\n",
  heartbeat: ": still here\n\n",
};

export const newlineDelimitedJson: StreamFormat = {
  contentType: "application/x-ndjson",
  message: (json) => `${json}\n`,
  problem: (problem) => `${JSON.stringify({ problem })}\n`,
  end: "",
  heartbeat: undefined,
};

const HEARTBEAT_MS = 15_000;

export class StreamAnswer {
  private readonly response: ServerResponse;
  private readonly format: StreamFormat;
  private readonly requestId: string;
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(response: ServerResponse, format: StreamFormat, requestId: string) {
    this.response = response;
    this.format = format;
    this.requestId = requestId;
  }

  /** Sends the head; from here on a problem can only be told within the stream. */
  open(status: number): void {
    if (this.response.headersSent) return;
    this.response.writeHead(status, [
      "content-type",
      this.format.contentType,
      "x-request-id",
      this.requestId,
      "cache-control",
      "no-store",
      "x-accel-buffering",
      "no",
    ]);
    this.response.flushHeaders();
    const { heartbeat } = this.format;
    if (heartbeat === undefined) return;
    this.heartbeat = setInterval(() => {
      if (!this.response.writableEnded && !this.response.writableNeedDrain) this.response.write(heartbeat);
    }, HEARTBEAT_MS);
    this.heartbeat.unref();
    this.response.once("close", () => clearInterval(this.heartbeat));
  }

  /** Writes one message; resolves when the client can take the next one, or has gone. */
  message(json: string): Promise<void> | undefined {
    if (this.response.destroyed || this.response.write(this.format.message(json))) return undefined;
    return new Promise((resolve) => {
      const go = (): void => {
        this.response.off("drain", go);
        this.response.off("close", go);
        resolve();
      };
      this.response.once("drain", go);
      this.response.once("close", go);
    });
  }

  /** Ends the stream, with a problem when it broke off. */
  close(problem?: Problem): void {
    clearInterval(this.heartbeat);
    this.response.end(problem === undefined ? this.format.end : this.format.problem(problem));
  }
}
