// What the mesh that is written does not say, although the resources did.
import type { Part, Place } from "./part.ts";
import { type Resource, titleOf } from "./resources.ts";

export interface Loss {
  /** `VirtualService shop/cart`; or what is missing. */
  readonly resource: string;
  /** undefined: nothing is written anywhere, and that is the matter. */
  readonly place: Place | undefined;
  /** Empty for the whole resource. */
  readonly field: string;
  /** What is different for calls. */
  readonly lost: string;
}

/** Gathers losses, and notes of what was decided without changing what calls see. */
export class Losses {
  readonly #all: Loss[] = [];
  readonly notes: string[] = [];

  whole(resource: Resource, lost: string): void {
    this.#all.push({ resource: titleOf(resource), place: resource.place, field: "", lost });
  }

  part(resource: Resource, part: Part, lost: string): void {
    this.#all.push({ resource: titleOf(resource), place: part.place, field: part.field, lost });
  }

  missing(what: string, lost: string): void {
    this.#all.push({ resource: what, place: undefined, field: "", lost });
  }

  /** Everything below the part that nobody has read. */
  unread(resource: Resource, part: Part): void {
    for (const rest of part.unread()) this.part(resource, rest, meaningOf(rest));
  }

  /** As the files are read; what is written nowhere comes last. */
  inOrder(): Loss[] {
    const fileOf = ({ place }: Loss): string => place?.file ?? "\uffff";
    return this.#all.toSorted(
      (a, b) => fileOf(a).localeCompare(fileOf(b)) || (a.place?.line ?? 0) - (b.place?.line ?? 0),
    );
  }

  note(text: string): void {
    this.notes.push(text);
  }
}

const meanings: Readonly<Record<string, string>> = {
  headers: "headers are no longer looked at or changed",
  withoutHeaders: "the route no longer depends on headers",
  mirror: "copies of calls are no longer sent",
  mirrors: "copies of calls are no longer sent",
  rewrite: "calls are no longer rewritten",
  redirect: "calls are no longer redirected",
  directResponse: "the proxy no longer answers by itself",
  delegate: "routes of another VirtualService are no longer followed",
  corsPolicy: "browsers of other origins are no longer answered",
  subset: "calls go to all hosts, not to those of the subset",
  subsets: "hosts are no longer told apart by labels",
  weight: "shares of traffic are no longer kept",
  tls: "routes of TLS connections are not part of a policy",
  tcp: "routes of TCP connections are not part of a policy",
  consistentHash: "calls with the same key no longer go to the same host",
  warmup: "new hosts get their full share at once",
  warmupDurationSecs: "new hosts get their full share at once",
  zoneAwareLbSetting: "zones are no longer balanced by Envoy itself",
  distribute: "shares of zones are no longer kept",
  failover: "which region comes next is no longer said",
  failoverPriority: "which hosts come next is no longer said",
  portLevelSettings: "settings of single ports no longer hold",
  tunnel: "connections are no longer tunnelled",
  proxyProtocol: "the PROXY protocol is no longer spoken",
  workloadSelector: "it holds for all workloads, not for those selected",
  exportTo: "it is seen by every namespace that the mesh lets see it",
  retryRemoteLocalities: "retries no longer try other zones first",
  retryIgnorePreviousHosts: "retries avoid hosts that were tried, as they do by default",
  budgetInterval: "the budget is that of the requests under way, not of an interval",
  splitExternalLocalOriginErrors: "errors of the connection count as errors of the host",
  consecutiveLocalOriginFailures: "a threshold for errors of the connection no longer holds",
  outlierDetectionHttpErrorCodes: "all 5xx count for ejection, not the codes named",
  portLevelMtls: "mutual TLS of single ports is that of the workload",
  when: "a condition is not part of callers.yaml",
};

function meaningOf({ path, value }: Part): string {
  const key = path.findLast((step) => typeof step === "string");
  return meanings[String(key)] ?? `${JSON.stringify(value)} is not represented`;
}
