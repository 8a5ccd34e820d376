export { bootstrapJson, renderEnvoy } from "./bootstrap.ts";
export {
  type EnvoyCredentials,
  type EnvoyEndpoint,
  type EnvoyInbound,
  type EnvoyOutbound,
  type EnvoyPlacement,
  EnvoyRenderError,
} from "./placement.ts";
