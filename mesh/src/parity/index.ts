export { compareEffect, type ParityReport } from "./compare-effect.ts";
export type { Difference } from "./difference.ts";
export { DumpError, type ProxyDump, readDump } from "./read-dump.ts";
