export { EngineError, type EngineErrorCode } from "../engine-error.ts";
export { findFreePorts } from "../free-ports.ts";
export { createAdmin, type EnvoyAdmin } from "./admin.ts";
export {
  type Authority,
  type AuthorityOptions,
  type Credentials,
  createAuthority,
  type IssueOptions,
  loadAuthority,
} from "./authority.ts";
export { openAuthority } from "./authority-folder.ts";
export type { EnvoyCluster, EnvoyHost, EnvoyLocality } from "./clusters.ts";
export { type CredentialFiles, writeCredentials } from "./credentials.ts";
export { type InstallOptions, installEnvoy } from "./install.ts";
export type { EnvoyExit, EnvoyInstallation, EnvoyLogLevel, EnvoyOptions, EnvoyProcess } from "./model.ts";
export type { Workload } from "./spiffe-id.ts";
export { startEnvoy } from "./start.ts";
export { type ValidateOptions, validateBootstrap } from "./validate.ts";
