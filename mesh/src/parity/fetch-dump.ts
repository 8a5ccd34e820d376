// Gets a config dump: from a file, or from the admin endpoint of a proxy that runs.
import { readFile } from "node:fs/promises";
import { UsageError } from "../exit-codes.ts";
import { DumpError, type ProxyDump, readDump } from "./read-dump.ts";

/** The dump of a proxy in a large mesh has tens of megabytes. */
const timeoutMs = 15_000;

/** @throws UsageError naming the file, when it is no dump */
export async function dumpFromFile(file: string): Promise<ProxyDump> {
  return read(await readFile(file, "utf8"), file);
}

/**
 * @param address of the admin endpoint, such as `http://127.0.0.1:15000`
 * @throws UsageError when nobody answers there, or not with a dump
 */
export async function dumpFromAdmin(address: string): Promise<ProxyDump> {
  const url = urlOf(address);
  let text: string;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Error(`it answered with status ${response.status}`);
    text = await response.text();
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new UsageError(`--admin ${address}: ${url.href} cannot be read: ${reason}`, { cause: error });
  }
  return read(text, url.href);
}

function urlOf(address: string): URL {
  const url = URL.parse(/^https?:\/\//.test(address) ? address : `http://${address}`);
  if (url === null) throw new UsageError(`--admin ${address}: allowed is an address such as http://127.0.0.1:15000`);
  return new URL("/config_dump?include_eds", url);
}

function read(text: string, from: string): ProxyDump {
  try {
    return readDump(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`${from} is no JSON: ${error.message}`, { cause: error });
    if (error instanceof DumpError) throw new UsageError(`${from}: ${error.message}`, { cause: error });
    throw error;
  }
}
