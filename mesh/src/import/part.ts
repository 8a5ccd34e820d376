// A part of a resource that knows its line and whether anybody has read it: what nobody read is lost, and can be named.
import type { Path } from "../files/issues.ts";
import { parseGoDuration } from "./go-duration.ts";

export interface Place {
  readonly file: string;
  readonly line: number;
}

/** What the parts of one resource share. */
export interface Reading {
  readonly placeOf: (path: Path) => Place;
  readonly read: Set<string>;
}

const keyOf = (path: Path): string => JSON.stringify(path);

export class Part {
  readonly value: unknown;
  readonly path: Path;
  readonly #reading: Reading;

  constructor(value: unknown, path: Path, reading: Reading) {
    this.value = value;
    this.path = path;
    this.#reading = reading;
  }

  get place(): Place {
    return this.#reading.placeOf(this.path);
  }

  /** `spec.http[0].match`, as people write it. */
  get field(): string {
    return this.path
      .map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
      .join("")
      .replace(/^\./, "");
  }

  /** A field that is a map; undefined where it is not there, or no map. */
  map(key: string): Part | undefined {
    const value = this.#at(key);
    return isMap(value) ? this.#take(key, value) : undefined;
  }

  /** The entries of a field that is a list of anything; none where it is not there. */
  list(key: string): Part[] {
    const value = this.#at(key);
    if (!Array.isArray(value)) return [];
    const list = this.#take(key, value);
    return value.map((_, index) => list.#take(index, value[index]));
  }

  texts(key: string): string[] {
    return this.list(key).map(({ value }) => String(value));
  }

  text(key: string): string | undefined {
    const value = this.#at(key);
    if (typeof value !== "string") return undefined;
    this.#take(key, value);
    return value;
  }

  number(key: string): number | undefined {
    const value = this.#at(key);
    if (typeof value !== "number") return undefined;
    this.#take(key, value);
    return value;
  }

  flag(key: string): boolean | undefined {
    const value = this.#at(key);
    if (typeof value !== "boolean") return undefined;
    this.#take(key, value);
    return value;
  }

  /** Milliseconds of a Go duration. */
  durationMs(key: string): number | undefined {
    const value = this.#at(key);
    const ms = typeof value === "string" ? parseGoDuration(value) : undefined;
    if (ms !== undefined) this.#take(key, value);
    return ms;
  }

  /** Whether the field is there, whatever it is. Does not count as reading it. */
  has(key: string): boolean {
    return this.#at(key) !== undefined && this.#at(key) !== null;
  }

  /** A field as it is, without reading it: to say where it is. */
  peek(key: string): Part {
    return new Part(this.#at(key), [...this.path, key], this.#reading);
  }

  /** Marks fields that change nothing of what calls see. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#markAll([...this.path, key], this.#at(key));
  }

  /** The topmost parts below this one that nobody has read. */
  unread(): Part[] {
    const below = Array.isArray(this.value)
      ? [...this.value.entries()]
      : isMap(this.value)
        ? Object.entries(this.value)
        : [];
    return below.flatMap(([key, value]) => {
      if (value === null || value === undefined) return [];
      const part = new Part(value, [...this.path, key], this.#reading);
      return this.#reading.read.has(keyOf(part.path)) ? part.unread() : [part];
    });
  }

  #at(key: string): unknown {
    return isMap(this.value) ? this.value[key] : undefined;
  }

  #take(key: string | number, value: unknown): Part {
    const path = [...this.path, key];
    this.#reading.read.add(keyOf(path));
    return new Part(value, path, this.#reading);
  }

  #markAll(path: Path, value: unknown): void {
    this.#reading.read.add(keyOf(path));
    if (Array.isArray(value)) for (const [index, entry] of value.entries()) this.#markAll([...path, index], entry);
    else if (isMap(value)) for (const [key, entry] of Object.entries(value)) this.#markAll([...path, key], entry);
  }
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
