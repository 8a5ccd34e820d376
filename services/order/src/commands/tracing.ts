// What ties an event to the call that caused it.
export interface Tracing {
  readonly correlationId?: string | undefined;
  readonly traceparent?: string | undefined;
}
