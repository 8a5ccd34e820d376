export { EngineError, type EngineErrorCode } from "../engine-error.ts";
export { type AnalyzeOptions, analyzeResources, type CheckOptions, validateResources } from "./check-resources.ts";
export { CommandError } from "./command.ts";
export { startControlPlane } from "./control-plane.ts";
export { type InstallOptions, installIstio } from "./install.ts";
export type {
  ApplyOptions,
  CommandOptions,
  CommandOutput,
  ControlPlaneOptions,
  Exit,
  Finding,
  IstioControlPlane,
  IstioInstallation,
  IstioSidecar,
  SidecarOptions,
} from "./model.ts";
export type { ApiAnswer, ServerApi } from "./server-api.ts";
export { startSidecar } from "./sidecar.ts";
