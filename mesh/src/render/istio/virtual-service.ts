// The routes to one workload: those of methods that differ from their service first, by exact path, its defaults last.
import { formatDuration } from "../../files/values.ts";
import type { EffectiveValues, Fault } from "../../model/effective.ts";
import type { Mesh } from "../../model/mesh.ts";
import { type HttpRoute, metadata, type VirtualService } from "./resource.ts";
import { refuse, unsayable } from "./sayable.ts";
import { routeOf, type ServedService, type ServedWorkload } from "./served-workloads.ts";

type Settings = Pick<HttpRoute, "timeout" | "retries" | "fault">;

/** @throws MeshFilesError for values that a VirtualService cannot say */
export function virtualService(mesh: Mesh, served: ServedWorkload): VirtualService {
  const destination = [{ destination: { host: served.host } }];
  const services = served.services.map((one) => serviceRoutes(mesh, one));
  const defaults = services.map(({ prefix, settings }) => ({ prefix, settings, key: JSON.stringify(settings) }));
  // One default route will do where all services agree; else each service's methods are told apart by their prefix.
  const [first] = defaults;
  const oneDefault = defaults.every(({ key }) => key === first?.key);
  const fallbacks = oneDefault
    ? defaults.slice(0, 1).map(({ settings }) => ({ name: "default", route: destination, ...settings }))
    : defaults.map(({ prefix, settings }) => ({
        name: `default-${prefix.slice(1, -1)}`,
        match: [{ uri: { prefix } }],
        route: destination,
        ...settings,
      }));
  const exact = services.flatMap(({ groups }) =>
    groups.map(({ methods, settings }) => ({
      name: methods.map(({ name }) => name).join("-"),
      match: methods.map(({ path }) => ({ uri: { exact: path } })),
      route: destination,
      ...settings,
    })),
  );
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: metadata(mesh, served.workload),
    spec: { hosts: [served.host], http: [...exact, ...fallbacks] },
  };
}

function serviceRoutes(mesh: Mesh, served: ServedService) {
  const { service } = served;
  const defaults = routeOf(mesh, served);
  const methods = service.methods.map((method) => ({ method, ...routeOf(mesh, served, method.name) }));
  refuse([defaults, ...methods].flatMap(({ effective, values }) => unsayable(effective, values)));
  const settings = settingsOf(defaults.values);
  const groups = new Map<string, { methods: { name: string; path: string }[]; settings: Settings }>();
  for (const { method, values } of methods) {
    const own = settingsOf(values);
    const key = JSON.stringify(own);
    if (key === JSON.stringify(settings)) continue;
    const group = groups.get(key) ?? { methods: [], settings: own };
    group.methods.push(method);
    groups.set(key, group);
  }
  return { prefix: `/${service.name}/`, settings, groups: [...groups.values()] };
}

function settingsOf(values: EffectiveValues): Settings {
  const { timeoutMs, retryAttempts, retryPerTryMs, retryOn, retryBackoffBaseMs, fault } = values;
  return {
    ...(timeoutMs !== null && { timeout: formatDuration(timeoutMs) }),
    // Without `retries`, and so without a word, Istio would retry twice.
    retries:
      retryAttempts === 0
        ? { attempts: 0 }
        : {
            attempts: retryAttempts,
            ...(retryPerTryMs !== null && { perTryTimeout: formatDuration(retryPerTryMs) }),
            retryOn: retryOn.join(","),
            backoff: formatDuration(retryBackoffBaseMs),
          },
    ...(fault !== null && faultOf(fault)),
  };
}

function faultOf({ abort, delay }: Fault): Pick<HttpRoute, "fault"> {
  return {
    fault: {
      ...(abort && { abort: { grpcStatus: abort.status, percentage: { value: abort.percent } } }),
      ...(delay && { delay: { fixedDelay: formatDuration(delay.fixedMs), percentage: { value: delay.percent } } }),
    },
  };
}
