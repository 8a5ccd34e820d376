// How calls of clients come in: TLS ends at Istio's ingress gateway, which alone may call the workload at the edge.
import { hostOf, type Mesh } from "../../model/mesh.ts";
import {
  type AuthorizationPolicy,
  appLabel,
  type Gateway,
  metadata,
  type RequestAuthentication,
  type VirtualService,
} from "./resource.ts";

/** The Gateway and the routes of its host; none where mesh.yaml names no gateway. */
export function edgeTraffic(mesh: Mesh): (Gateway | VirtualService)[] {
  const { gateway } = mesh.settings.value;
  if (gateway === undefined) return [];
  const { workload, host, port, tlsSecret, workloadPort, ingress } = gateway;
  const name = `${workload}-edge`;
  return [
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: metadata(mesh, name),
      spec: {
        selector: ingress.selector,
        servers: [
          {
            port: { number: port, name: "https", protocol: "HTTPS" },
            hosts: [host],
            tls: { mode: "SIMPLE", credentialName: tlsSecret, minProtocolVersion: "TLSV1_2" },
          },
        ],
      },
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: metadata(mesh, name),
      spec: {
        hosts: [host],
        gateways: [name],
        http: [
          {
            name: "default",
            route: [
              {
                destination: {
                  host: hostOf(mesh, workload),
                  ...(workloadPort !== undefined && { port: { number: workloadPort } }),
                },
              },
            ],
            // The workload's own calls are retried behind it; a retry in front would multiply them, and repeat a POST.
            retries: { attempts: 0 },
          },
        ],
      },
    },
  ];
}

/** Who may call the workload at the edge: the ingress gateway, with a valid token where mesh.yaml asks for one. */
export function edgeAuthorization(mesh: Mesh): (AuthorizationPolicy | RequestAuthentication)[] {
  const { gateway, trustDomain } = mesh.settings.value;
  if (gateway === undefined) return [];
  const { workload, ingress, jwt } = gateway;
  const name = `${workload}-edge`;
  const selector = { matchLabels: appLabel(workload) };
  const principal = `${trustDomain}/ns/${ingress.namespace}/sa/${ingress.serviceAccount}`;
  return [
    ...(jwt === undefined
      ? []
      : [
          {
            apiVersion: "security.istio.io/v1",
            kind: "RequestAuthentication",
            metadata: metadata(mesh, name),
            // It refuses a wrong token, not a missing one: that is for the policy below. The workload reads it too.
            spec: { selector, jwtRules: [{ ...jwt, forwardOriginalToken: true }] },
          } as const,
        ]),
    {
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      metadata: metadata(mesh, name),
      spec: {
        selector,
        action: "ALLOW",
        rules: [
          {
            from: [
              {
                source: {
                  principals: [principal],
                  ...(jwt !== undefined && { requestPrincipals: [`${jwt.issuer}/*`] }),
                },
              },
            ],
          },
        ],
      },
    },
  ];
}
