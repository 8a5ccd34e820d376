// What a mesh is rendered to, for whichever proxy reads it.
import { UsageError } from "../exit-codes.ts";
import type { Mesh } from "../model/mesh.ts";
import { EnvoyRenderError } from "./envoy/index.ts";
import { renderEnvoyFiles } from "./envoy/render-files.ts";
import { renderIstioFiles } from "./istio/index.ts";
import type { Rendering, RenderTarget } from "./rendered-files.ts";

const renderers: { readonly [Target in RenderTarget]: (mesh: Mesh) => ReadonlyMap<string, string> } = {
  envoy: renderEnvoyFiles,
  istio: renderIstioFiles,
};

/** @throws UsageError or MeshFilesError for policies of which no configuration can be made */
export function renderMesh(mesh: Mesh, target: RenderTarget): Rendering {
  try {
    return { target, environment: mesh.environment, files: renderers[target](mesh) };
  } catch (error) {
    if (error instanceof EnvoyRenderError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
