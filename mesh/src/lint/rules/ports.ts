// Ports and services that Istio does not take for gRPC, or does not balance.
import { hostFields } from "../../model/effective.ts";
import { type Rule, references } from "../finding.ts";
import { servicesInEffect } from "../methods.ts";

const grpcProtocols = ["grpc", "http2", "kubernetes.io/h2c", "grpc-web"];
const namedGrpc = /^(grpc|http2|grpc-web)(-|$)/;

export const headlessService: Rule = {
  code: "MESH-060",
  severity: "error",
  title: "A headless service",
  why: "For a Service without a cluster IP the sidecar forwards to the address that the client resolved. Load balancing, failover and ejection of the DestinationRule have no effect, and a gRPC client that keeps one connection sends everything to one replica.",
  wrong: "headless: true",
  right: "headless: false  # a second, headless Service may stand beside it for what needs one",
  sources: ["https://github.com/istio/istio/issues/50967", "https://github.com/istio/istio.io/issues/15390"],
  check: ({ mesh }) =>
    [...mesh.services]
      .filter(([, { policy }]) => policy.value.headless)
      .map(([service, { policy }]) => ({
        ...policy.at(["headless"]),
        service,
        message: "headless: loadBalancing, locality and ejection of this policy have no effect",
        fix: "give the workload a Service with a cluster IP",
      })),
};

export const protocolNotSaid: Rule = {
  code: "MESH-061",
  severity: "warning",
  title: "A port without appProtocol",
  why: "Istio then guesses from the port's name, or sniffs the first bytes. Taken for TCP, the port has no retries, no timeouts, no balancing by request and no authorization by method; taken for HTTP/1.1, gRPC breaks.",
  wrong: "port: { number: 7002, name: api }",
  right: "port: { number: 7002, name: grpc, appProtocol: grpc }",
  sources: [references.protocol, "https://github.com/odigos-io/odigos/pull/5390"],
  check: ({ mesh }) =>
    [...mesh.services]
      .filter(([, { policy }]) => policy.value.port.appProtocol === undefined)
      .map(([service, { policy }]) => {
        const { name } = policy.value.port;
        const guess =
          name !== undefined && namedGrpc.test(name)
            ? `its name ${name} alone says that it is gRPC`
            : `${name === undefined ? "it has no name" : `the name ${name}`}, so Istio sniffs the protocol`;
        return {
          ...policy.at(["port"]),
          service,
          message: `port ${policy.value.port.number} has no appProtocol: ${guess}`,
          fix: "write appProtocol: grpc",
        };
      }),
};

export const protocolNotGrpc: Rule = {
  code: "MESH-062",
  severity: "error",
  title: "A port whose protocol is not gRPC",
  why: "appProtocol goes before the port's name. With tcp the sidecar sees bytes and no requests: retries, timeouts, breakers by request and permissions by method are all gone, and a rule that allows by method denies everything.",
  wrong: "port: { number: 7002, name: grpc, appProtocol: tcp }",
  right: "port: { number: 7002, name: grpc, appProtocol: grpc }",
  sources: [references.protocol, "https://github.com/istio/istio/issues/9926"],
  check: ({ mesh }) =>
    [...mesh.services].flatMap(([service, { policy }]) => {
      const { appProtocol, name, number } = policy.value.port;
      const said = appProtocol ?? name;
      const fits =
        appProtocol === undefined
          ? name === undefined || namedGrpc.test(name) || !/^(tcp|http|https|tls|udp|mongo|mysql|redis)(-|$)/.test(name)
          : grpcProtocols.includes(appProtocol);
      if (said === undefined || fits) return [];
      return [
        {
          ...policy.at(["port", appProtocol === undefined ? "name" : "appProtocol"]),
          service,
          message: `port ${number} is ${said} to Istio, and ${service.slice(service.lastIndexOf(".") + 1)} is gRPC`,
          fix: "write appProtocol: grpc",
        },
      ];
    }),
};

export const workloadTwice: Rule = {
  code: "MESH-082",
  severity: "error",
  title: "Two policies of one workload that disagree",
  why: "Breaker, ejection and balancing belong to a host. Two services of one workload share it, and of two rules for one host Istio takes the older one: which of the two values holds depends on which was applied first.",
  wrong:
    "# policies/seats.yaml and policies/maps.yaml both say workload: seats\nbreaker: { requests: 200 }  # and requests: 400 in the other",
  right: "breaker: { requests: 200 }  # the same in both",
  sources: [references.destinationRule, "https://github.com/istio/istio/issues/51545"],
  check: ({ mesh }) => {
    const services = servicesInEffect(mesh);
    return services.flatMap(({ service, policy, effective, placeOf }, index) => {
      const first = services
        .slice(0, index)
        .find((other) => other.policy.policy.value.workload === policy.policy.value.workload);
      if (first === undefined) return [];
      return hostFields.flatMap((field) => {
        const [one, two] = [first.effective[field], effective[field]];
        if (one.value === two.value) return [];
        const other = first.placeOf(one);
        return [
          {
            ...placeOf(two),
            service,
            message: `${field} is ${String(two.value)} here and ${String(one.value)} in ${other.file}:${other.line}, for the same hosts of ${policy.policy.value.workload}`,
            fix: "say the same in both",
          },
        ];
      });
    });
  },
};
