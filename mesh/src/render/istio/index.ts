export { istioYaml, renderIstioFiles } from "./istio-yaml.ts";
export { type KubernetesService, kubernetesServices } from "./kubernetes-services.ts";
export { type IstioPlacement, type PlacedInstance, placedLabels } from "./placement.ts";
export { type RenderOptions, renderIstio } from "./render-istio.ts";
export type { IstioResource } from "./resource.ts";
