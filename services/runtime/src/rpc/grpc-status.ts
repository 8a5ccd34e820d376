import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { Metadata, type StatusObject } from "@grpc/grpc-js";
import { StatusSchema } from "@ordermesh/proto/google";
import { headersFrom } from "./grpc-metadata.ts";

const detailsHeader = "grpc-status-details-bin";
/** The message is sent percent-encoded in a header, which has a limit. */
const maxMessageLength = 1024;

/** The status that grpc-js sends for an error: code, message, and the details as a binary google.rpc.Status. */
export function statusOf(error: ConnectError): StatusObject {
  const message = error.rawMessage.slice(0, maxMessageLength).toWellFormed();
  const metadata = new Metadata();
  if (error.details.length > 0) {
    const details = error.details.map((detail) =>
      "desc" in detail
        ? anyPack(detail.desc, create(detail.desc, detail.value) as Message)
        : { typeUrl: `type.googleapis.com/${detail.type}`, value: detail.value },
    );
    const status = create(StatusSchema, { code: error.code, message, details });
    metadata.set(detailsHeader, Buffer.from(toBinary(StatusSchema, status)));
  }
  return { code: error.code as number, details: message, metadata };
}

/** The error that a status means for a client, with the details decoded. */
export function errorOf(status: StatusObject): ConnectError {
  const code = status.code in Code ? (status.code as number as Code) : Code.Unknown;
  const error = new ConnectError(status.details, code, headersFrom(status.metadata));
  error.isWireError = true;
  const [encoded] = status.metadata.get(detailsHeader);
  if (encoded instanceof Buffer) error.details = detailsFrom(encoded);
  return error;
}

function detailsFrom(encoded: Buffer): ConnectError["details"] {
  try {
    return fromBinary(StatusSchema, encoded).details.map((any) => ({
      type: any.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1),
      value: any.value,
    }));
  } catch {
    // Details of a foreign server that do not decode are no reason to lose the status itself.
    return [];
  }
}
