// Which route of a virtual host a gRPC call takes: the first that matches.
import type { HeaderMatcher, ProxyRoute, RouteMatch, VirtualHost } from "./route-shapes.ts";
import { matchesRegex, matchesString } from "./string-matcher.ts";

/** A call as its headers show it. */
export interface GrpcRequest {
  /** `/<service>/<method>` */
  readonly path: string;
  readonly authority: string;
}

/**
 * A route with a condition that the call may or may not meet (a share of the calls, a header that only some carry) is
 * taken as one that does not match.
 */
export function routeFor(host: VirtualHost, request: GrpcRequest): ProxyRoute | undefined {
  return host.routes.find(({ match }) => matches(match, request));
}

function matches(match: RouteMatch, request: GrpcRequest): boolean {
  const always = match.runtime_fraction === undefined || match.runtime_fraction.default_value === 100;
  return (
    always &&
    match.query_parameters.length === 0 &&
    matchesPath(match, request.path) &&
    match.headers.every((header) => matchesHeader(header, request) === true)
  );
}

function matchesPath(match: RouteMatch, path: string): boolean {
  const fold = (text: string): string => (match.case_sensitive ? text : text.toLowerCase());
  if (match.path !== undefined) return fold(path) === fold(match.path);
  if (match.prefix !== undefined) return fold(path).startsWith(fold(match.prefix));
  if (match.safe_regex !== undefined) return matchesRegex(match.safe_regex.regex, path) === true;
  const prefix = match.path_separated_prefix;
  return prefix !== undefined && (fold(path) === fold(prefix) || fold(path).startsWith(`${fold(prefix)}/`));
}

/** @returns undefined for a matcher of a kind that is not known here */
export function matchesHeader(matcher: HeaderMatcher, request: GrpcRequest): boolean | undefined {
  const value = headersOf(request).get(matcher.name.toLowerCase());
  const found = value === undefined ? matcher.present_match === false : matchesValue(matcher, value);
  return found === undefined ? undefined : found !== matcher.invert_match;
}

function matchesValue(matcher: HeaderMatcher, value: string): boolean | undefined {
  if (matcher.string_match !== undefined) return matchesString(matcher.string_match, value);
  if (matcher.range_match !== undefined) return undefined;
  if (matcher.present_match !== undefined) return matcher.present_match;
  const { exact_match: exact, prefix_match: prefix, suffix_match: suffix, contains_match: contains } = matcher;
  const old = { exact, prefix, suffix, contains, safe_regex: matcher.safe_regex_match, ignore_case: false };
  // Without any condition a header matcher asks only that the header is there.
  const conditions = [exact, prefix, suffix, contains, matcher.safe_regex_match];
  return conditions.every((condition) => condition === undefined) ? true : matchesString(old, value);
}

/** What every unary gRPC call carries. */
function headersOf({ path, authority }: GrpcRequest): ReadonlyMap<string, string> {
  return new Map([
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", authority],
    ["host", authority],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  ]);
}
