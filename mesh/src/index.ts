export { loadMesh } from "./files/load-mesh.ts";
export { MeshFilesError } from "./files/positioned.ts";
export type { Effective, EffectiveCall } from "./model/effective.ts";
export { type Mesh, serviceAccountOf, workloadsCalledBy } from "./model/mesh.ts";
export { allowedCalls, resolveEffective } from "./model/resolve-effective.ts";
export { type EnvoyPlacement, renderEnvoy } from "./render/envoy/index.ts";
