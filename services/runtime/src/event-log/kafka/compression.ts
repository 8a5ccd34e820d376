import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import kafkajs from "kafkajs";

// By its default export, because Node finds only some of the names that this CommonJS module exports.
const { CompressionCodecs, CompressionTypes } = kafkajs;

/**
 * How batches are compressed that this log appends: `None`, `GZIP` or `ZSTD`. Whatever stands here, batches of all
 * three can be read.
 */
export const COMPRESSION: kafkajs.CompressionTypes = CompressionTypes.None;

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
