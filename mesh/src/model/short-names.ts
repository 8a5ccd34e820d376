// Service names as people say them: the last part alone, where no other service has the same.
import type { Catalog } from "./catalog.ts";

/** @returns `SeatsService` for `cinema.seats.v1.SeatsService`, unless the catalog has another service so named */
export function shortName(catalog: Catalog, service: string): string {
  const last = lastPart(service);
  const same = [...catalog.keys()].filter((name) => name !== service && lastPart(name) === last);
  return same.length === 0 ? last : service;
}

const lastPart = (service: string): string => service.slice(service.lastIndexOf(".") + 1);
