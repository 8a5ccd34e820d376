// How our driver sends, so that a tool can be told to do the same.

/** What Kafka's record format adds to a record beside key, value and headers. */
const framingBytes = 12;

export interface OurBatches {
  readonly compression: string;
  /** The tool's batch.size in bytes for records of so many bytes. */
  readonly batchBytes: (recordBytes: number) => number;
}

// By the numbers of Kafka's record batches: https://kafka.apache.org/43/implementation/message-format/
const codecs = ["none", "gzip", "snappy", "lz4", "zstd"];

/** Read from the driver itself, which is only loaded where it is measured: its client costs start-up time. */
export async function readOurBatches(): Promise<OurBatches> {
  const { compressionFor, MAX_SEND_RECORDS } = await import("@ordermesh/runtime/kafka-administration");
  const codec = compressionFor(MAX_SEND_RECORDS);
  const compression = codecs[codec];
  if (compression === undefined) throw new Error(`compression ${codec} of the driver has no name here`);
  return { compression, batchBytes: (recordBytes) => MAX_SEND_RECORDS * (recordBytes + framingBytes) };
}
