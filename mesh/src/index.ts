export { loadMesh } from "./files/load-mesh.ts";
export { MeshFilesError } from "./files/positioned.ts";
export { type Mesh, spiffeId, workloadsCalledBy } from "./model/mesh.ts";
export { type EnvoyPlacement, renderEnvoy } from "./render/envoy/index.ts";
