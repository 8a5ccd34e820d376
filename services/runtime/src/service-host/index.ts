export {
  type Consumption,
  openServiceHost,
  type ServedService,
  type ServiceHost,
  type ServiceHostOptions,
} from "./service-host.ts";
