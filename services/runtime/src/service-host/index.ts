export {
  type Consumption,
  keyedPlans,
  openServiceHost,
  type ServedService,
  type ServiceHost,
  type ServiceHostOptions,
} from "./service-host.ts";
