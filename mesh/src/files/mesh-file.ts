// The shapes of mesh.yaml (the mesh itself) and callers.yaml (who may call what).
import { z } from "zod";
import { suppressionShape } from "./policy-file.ts";
import { duration } from "./values.ts";

export const istioVersionPattern = /^1\.(27|28|29|30|31)(\.\d+)?$/;

const ingress = z
  .strictObject({
    namespace: z.string().default("istio-ingress"),
    serviceAccount: z.string().default("istio-ingress"),
    selector: z.record(z.string(), z.string()).default({ istio: "ingress" }).describe("labels of its pods"),
  })
  .describe("Istio's ingress gateway in front of the workload; as its Helm chart installs it where nothing is said");

export const meshFileShape = z.strictObject({
  namespace: z.string(),
  trustDomain: z.string().default("cluster.local"),
  istio: z
    .string()
    .regex(istioVersionPattern, { error: "allowed: a version from 1.27 to 1.31, such as 1.30 or 1.28.10" }),
  environments: z.array(z.string()).min(1),
  protos: z.string().describe("folder of the .proto files, from this folder"),
  limits: z.strictObject({
    amplification: z.number().min(1).describe("most requests at any service for one call at the edge"),
  }),
  gateway: z
    .strictObject({
      workload: z.string().describe("the caller through which requests of clients come in"),
      host: z.string(),
      port: z.int().min(1).max(65535),
      tlsSecret: z.string(),
      workloadPort: z.int().min(1).max(65535).optional().describe("of the workload's Service, where it has several"),
      ingress: ingress.prefault({}),
      jwt: z
        .strictObject({ issuer: z.string(), jwksUri: z.string(), audiences: z.array(z.string()).min(1) })
        .optional(),
    })
    .optional(),
});
export type MeshFile = z.infer<typeof meshFileShape>;

const egress = z.strictObject({
  host: z.string(),
  port: z.int().min(1).max(65535),
  protocol: z.enum(["TLS", "TCP", "HTTPS"]),
});

const caller = z.strictObject({
  serviceAccount: z.string().optional().describe("its own name where nothing is said"),
  replicas: z.union([z.int().min(1), z.record(z.string(), z.int().min(1))]).default(1),
  code: z.array(z.string()).default([]).describe("folders of its source code, from this mesh folder"),
  transcodes: z.boolean().default(false).describe("it calls every method that has a google.api.http annotation"),
  edge: z.boolean().default(false).describe("calls from outside the mesh come in here"),
  retriesInCode: z
    .record(z.string(), z.int().min(1))
    .default({})
    .describe("retries that the caller's own code makes, by service or service/method"),
  deadline: z
    .union([duration, z.record(z.string(), duration)])
    .optional()
    .describe("that its code sets on its calls, by service/method"),
  calls: z
    .record(z.string(), z.union([z.literal("all"), z.array(z.string()).min(1)]))
    .default({})
    .describe("methods by service that it may call"),
  during: z
    .record(z.string(), z.record(z.string(), z.array(z.string())))
    .default({})
    .describe('which calls it makes to answer a method it serves ("*": any other): method, then service, then methods'),
  egress: z
    .array(egress)
    .default([])
    .describe("hosts outside the mesh that it may reach; once one is named, all others are closed to it"),
});

export const callersFileShape = z.strictObject({
  callers: z.record(z.string(), caller),
  suppress: z.array(suppressionShape).default([]),
});
export type CallersFile = z.infer<typeof callersFileShape>;
export type Caller = z.infer<typeof caller>;
