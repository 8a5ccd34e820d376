import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import kafkajs from "kafkajs";

// By its default export, because Node finds only some of the names that this CommonJS module exports.
const { CompressionCodecs, CompressionTypes } = kafkajs;

const WORTHWHILE_RECORDS = 100;

/**
 * How a send of so many records is compressed. Large ones, of a backlog, by zstd: a quarter of the bytes for no more CPU,
 * because there is less to check and to write. Small ones, of everyday, not at all: it would cost a fifth more CPU and
 * gain little (ADR 11 has the figures, gzip's too).
 */
export function compressionFor(records: number): kafkajs.CompressionTypes {
  return records < WORTHWHILE_RECORDS ? CompressionTypes.None : CompressionTypes.ZSTD;
}

const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** What kafkajs hands to a codec: its encoder, whose written bytes are in `buffer`. */
interface Encoded {
  readonly buffer: Buffer;
}

// Synchronous: a batch takes less time than a turn through the thread pool, which costs twice the CPU.
const zstd = {
  compress: async ({ buffer }: Encoded): Promise<Buffer> => zstdCompressSync(buffer, LEVEL),
  decompress: async (buffer: Buffer): Promise<Buffer> => zstdDecompressSync(buffer),
};

/** Teaches kafkajs zstd, which it knows by name only. */
export function registerZstd(): void {
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstd;
}
