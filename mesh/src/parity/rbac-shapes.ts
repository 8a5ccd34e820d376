// RBAC rules, as a dump has them. A rule of a kind that is not known here reads as an empty object.
import { z } from "zod";
import { headerMatcherShape } from "./route-shapes.ts";
import { stringMatcherShape } from "./string-matcher.ts";

const permissionShape = z.object({
  any: z.boolean().optional(),
  url_path: z.object({ path: stringMatcherShape.optional() }).optional(),
  header: headerMatcherShape.optional(),
  destination_port: z.number().optional(),
  get and_rules() {
    return z.object({ rules: z.array(permissionShape).default([]) }).optional();
  },
  get or_rules() {
    return z.object({ rules: z.array(permissionShape).default([]) }).optional();
  },
  get not_rule() {
    return permissionShape.optional();
  },
});
export type Permission = z.infer<typeof permissionShape>;

const principalShape = z.object({
  any: z.boolean().optional(),
  authenticated: z.object({ principal_name: stringMatcherShape.optional() }).optional(),
  filter_state: z.object({ key: z.string().default(""), string_match: stringMatcherShape.optional() }).optional(),
  header: headerMatcherShape.optional(),
  get and_ids() {
    return z.object({ ids: z.array(principalShape).default([]) }).optional();
  },
  get or_ids() {
    return z.object({ ids: z.array(principalShape).default([]) }).optional();
  },
  get not_id() {
    return principalShape.optional();
  },
});
export type Principal = z.infer<typeof principalShape>;

const policyShape = z.object({
  permissions: z.array(permissionShape).default([]),
  principals: z.array(principalShape).default([]),
  condition: z.unknown().optional(),
  checked_condition: z.unknown().optional(),
});
export type RbacPolicy = z.infer<typeof policyShape>;

export const rbacType = "envoy.extensions.filters.http.rbac.v3.RBAC";

/** Rules that are only counted (shadow rules) are left out: they decide nothing. */
export const rbacShape = z.object({
  rules: z
    .object({
      action: z.enum(["ALLOW", "DENY", "LOG"]).default("ALLOW"),
      policies: z.record(z.string(), policyShape).default({}),
    })
    .optional(),
  matcher: z.unknown().optional(),
});
export type Rbac = z.infer<typeof rbacShape>;
