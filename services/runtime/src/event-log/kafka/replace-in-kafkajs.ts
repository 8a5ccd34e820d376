import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const replaced = new Set<string>();

/**
 * Replaces the function that a file of kafkajs exports, once per process. The file `user`, which calls it, is loaded by
 * the library at its first use, so this works until then. Fails loudly when the library is not as 2.2.4 any more.
 */
export function replaceInKafkajs<T extends object>(file: string, user: string, replace: (original: T) => T): void {
  if (replaced.has(file)) return;
  const path = require.resolve(file);
  const original: unknown = require(path);
  const loaded = require.cache[path];
  if (typeof original !== "function" || loaded === undefined || require.cache[require.resolve(user)] !== undefined) {
    throw new TypeError(`kafkajs is not as 2.2.4: check whether ${file} still needs to be replaced`);
  }
  loaded.exports = replace(original as T);
  replaced.add(file);
}
