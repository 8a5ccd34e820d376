// Services and methods as the protos declare them.

/** The `idempotency_level` of a method; "unknown" where none is declared. */
export type Idempotency = "unknown" | "idempotent" | "no-side-effects";

export interface Method {
  /** Full name of its service, such as `ordermesh.order.v1.OrderService`. */
  readonly service: string;
  readonly name: string;
  /** The path on the wire: `/ordermesh.order.v1.OrderService/GetOrder`. */
  readonly path: string;
  readonly idempotency: Idempotency;
  readonly streaming: "unary" | "client" | "server" | "bidi";
  /** Whether a google.api.http annotation makes it a REST route. */
  readonly http: boolean;
  readonly file: string;
  readonly line: number;
}

export interface Service {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly methods: readonly Method[];
}

/** By full name. */
export type Catalog = ReadonlyMap<string, Service>;

/** @returns the method, or undefined when the protos know no such service or method */
export function findMethod(catalog: Catalog, service: string, method: string): Method | undefined {
  return catalog.get(service)?.methods.find(({ name }) => name === method);
}
