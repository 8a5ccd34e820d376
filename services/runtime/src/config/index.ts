export { addressList, formatHostPort, type HostPort, hostPort, parseHostPort } from "./address.ts";
export { ConfigError, readConfig } from "./read-config.ts";
export {
  databaseUrl,
  redisUrl,
  type ServiceConfig,
  serviceConfig,
  serviceConfigShape,
  wholeNumber,
} from "./service-config.ts";
