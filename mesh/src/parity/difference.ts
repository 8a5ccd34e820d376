import type { Source } from "../model/source.ts";

/** One thing that the proxy does otherwise than the policies say. */
export interface Difference {
  /** A workload, an identity that the mesh does not know, or "anyone else". */
  readonly caller: string;
  /** Full name of the gRPC service. */
  readonly service: string;
  /** Its name, "any other" for one that the protos do not have, or "every method". */
  readonly method: string;
  /** As people call it: "timeout", "retry on", "authorization". */
  readonly field: string;
  readonly policy: { readonly value: string; readonly source: Source };
  /** Where: which listener, route or cluster of the dump. */
  readonly proxy: { readonly value: string; readonly where: string };
}
