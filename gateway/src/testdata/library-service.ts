// Handlers of the made-up service. The isbn, or the reader's name, says how a call goes.
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { DomainError, defineError } from "@ordermesh/runtime/errors";
import { correlationIdOf, idempotencyKeyOf, type RpcService, traceparentOf } from "@ordermesh/runtime/rpc";
import { LibraryService } from "./library.ts";

const BOOK_NOT_FOUND = defineError("BOOK_NOT_FOUND", Code.NotFound);
const BOOK_LENT = defineError("BOOK_LENT", Code.FailedPrecondition);
const BOOK_REJECTED = defineError("BOOK_REJECTED", Code.InvalidArgument);
const SHELF_FULL = defineError("SHELF_FULL", Code.FailedPrecondition, { httpStatus: 422 });

type Fields = Record<string, unknown>;
type Handler = (request: Fields, context: HandlerContext) => Promise<MessageInitShape<DescMessage>>;

function failFor(isbn: unknown): void {
  if (isbn === "missing") throw new DomainError(BOOK_NOT_FOUND, "no book missing");
  if (isbn === "lent") throw new DomainError(BOOK_LENT, "the book is lent");
  if (isbn === "full") throw new DomainError(SHELF_FULL, "the shelf is full");
  if (isbn === "busy") throw new ConnectError("14 UNAVAILABLE: 10.0.0.1:1 refused", Code.Unavailable);
  if (isbn === "crash") throw new TypeError("secret detail");
  if (isbn === "rejected") {
    const violations = [{ field: "authors[0].full_name", description: "is a pen name", reason: "PEN_NAME" }];
    throw new DomainError(BOOK_REJECTED, "the book is not taken", { violations });
  }
}

/** What handlers saw, and levers for the streams. */
export interface LibraryProbe {
  readonly calls: { rpc: string; request: Fields; correlationId: string; key?: string; traceparent?: string }[];
  /** Streams that were opened and have not ended. */
  openStreams: number;
  /** Messages that endless streams have produced. */
  produced: number;
}

export function libraryService(): { service: RpcService; probe: LibraryProbe } {
  const probe: LibraryProbe = { calls: [], openStreams: 0, produced: 0 };
  const seen = (rpc: string, request: Fields, context: HandlerContext): void => {
    const key = idempotencyKeyOf(context);
    const traceparent = traceparentOf(context);
    const optional = { ...(key === undefined ? {} : { key }), ...(traceparent === undefined ? {} : { traceparent }) };
    probe.calls.push({ rpc, request, correlationId: correlationIdOf(context), ...optional });
    failFor(request["isbn"]);
  };
  const echo =
    (rpc: string): Handler =>
    async (request, context) => {
      seen(rpc, request, context);
      return request as never;
    };
  const book =
    (rpc: string): Handler =>
    async (request, context) => {
      seen(rpc, request, context);
      if (request["isbn"] === "slow")
        await new Promise((_, reject) => context.signal.addEventListener("abort", reject));
      return { isbn: request["isbn"] } as never;
    };

  const createBook: Handler = async (request, context) => {
    seen("CreateBook", request, context);
    const given = request["book"] as Fields;
    failFor(given["isbn"]);
    if (given["title"] === "again") context.responseHeader.set("idempotency-replayed", "true");
    return { book: given } as never;
  };

  async function* watchBook(request: Fields, context: HandlerContext): AsyncGenerator<MessageInitShape<DescMessage>> {
    seen("WatchBook", request, context);
    probe.openStreams++;
    try {
      yield { book: { isbn: "1", title: "first" } } as never;
      if (request["isbn"] === "breaks") throw new DomainError(BOOK_NOT_FOUND, "the book was withdrawn");
      if (request["isbn"] === "endless") {
        for (;;) {
          probe.produced++;
          yield { book: { isbn: "1", title: "x".repeat(16_000) } } as never;
        }
      }
      if (request["isbn"] === "quiet") {
        await new Promise<void>((resolve) => context.signal.addEventListener("abort", () => resolve()));
        throw context.signal.reason;
      }
      yield { book: { isbn: "1", title: "second" } } as never;
    } finally {
      probe.openStreams--;
    }
  }

  const implementation = {
    getBook: book("GetBook"),
    listBooks: (async (request: Fields, context: HandlerContext) => {
      seen("ListBooks", request, context);
      return { titles: request["words"] } as never;
    }) as Handler,
    createBook,
    updateBook: echo("UpdateBook"),
    lendBook: book("LendBook"),
    tagBook: book("TagBook"),
    deleteBook: book("DeleteBook"),
    readFile: echo("ReadFile"),
    probe: echo("Probe"),
    watchBook,
  };
  // Handlers of a service that is only known at run time cannot be typed by it.
  return { service: { service: LibraryService, implementation: implementation as never }, probe };
}
