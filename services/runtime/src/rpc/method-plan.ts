import { type DescMessage, type DescMethod, getOption, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { HandlerContext } from "@connectrpc/connect";
import { method_policy } from "@ordermesh/proto/common";
import { DomainError, errors } from "../errors/index.ts";
import { warmValidation } from "./request-validation.ts";
import type { RpcService } from "./rpc-service.ts";

type ResponseInit = MessageInitShape<DescMessage>;
export type UnaryHandler = (request: Message, context: HandlerContext) => Promise<ResponseInit> | ResponseInit;
export type StreamHandler = (request: Message, context: HandlerContext) => AsyncIterable<ResponseInit>;

interface PlanBase {
  readonly method: DescMethod;
  /** Full name for logs and paths: package.Service/Method. */
  readonly name: string;
  /** Scope that the caller must hold. */
  readonly scope: string;
  /** The method is not idempotent by its proto, so every call has to bring an Idempotency-Key. */
  readonly needsIdempotencyKey: boolean;
}

export interface UnaryPlan extends PlanBase {
  readonly kind: "unary";
  readonly handle: UnaryHandler;
}

export interface StreamPlan extends PlanBase {
  readonly kind: "server_streaming";
  readonly handle: StreamHandler;
}

/** What the pipeline does for one method, worked out once at the start. */
export type MethodPlan = UnaryPlan | StreamPlan;

/**
 * Plans every method of a service. Throws when a method has no scope in its policy (nothing is open by omission), is
 * of an unsupported kind, or has rules that do not compile.
 */
export function planMethods({ service, implementation }: RpcService): MethodPlan[] {
  return service.methods.map((method) => {
    const name = `${service.typeName}/${method.name}`;
    const scope = getOption(method, method_policy).scope;
    if (scope === "") throw new Error(`${name} has no scope in its method_policy`);
    warmValidation(method.input);
    const needsIdempotencyKey = method.idempotency === IdempotencyLevel.IDEMPOTENCY_UNKNOWN;
    const handler: unknown = implementation[method.localName];
    const bound = typeof handler === "function" ? handler.bind(implementation) : unimplemented(name);
    return planMethod({ method, name, scope, needsIdempotencyKey }, bound);
  });
}

function planMethod(base: PlanBase, handler: unknown): MethodPlan {
  switch (base.method.methodKind) {
    case "unary":
      return { ...base, kind: "unary", handle: handler as UnaryHandler };
    case "server_streaming":
      return { ...base, kind: "server_streaming", handle: handler as StreamHandler };
    default:
      throw new Error(`${base.name}: only unary and server-streaming methods are supported`);
  }
}

function unimplemented(name: string): () => never {
  return () => {
    throw new DomainError(errors.UNIMPLEMENTED, `${name} is not implemented`);
  };
}
