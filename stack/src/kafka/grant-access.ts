import kafkajs, { type AclEntry, type Admin } from "kafkajs";
import { serviceNames } from "../processes/topology.ts";
import { type AccessRule, accessRules } from "./access-rules.ts";

// Node does not see these as named exports of the library.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const operations = {
  read: AclOperationTypes.READ,
  write: AclOperationTypes.WRITE,
  describe: AclOperationTypes.DESCRIBE,
  delete: AclOperationTypes.DELETE,
} as const;

const resources = { topic: AclResourceTypes.TOPIC, group: AclResourceTypes.GROUP } as const;

/**
 * Gives the services' users the rights of the rules, and takes away any other that an earlier version gave them. No
 * service may be running: for a moment none has any.
 */
export async function grantAccess(admin: Admin): Promise<void> {
  await admin.deleteAcls({
    filters: serviceNames.map((service) => ({
      resourceType: AclResourceTypes.ANY,
      resourcePatternType: ResourcePatternTypes.ANY,
      principal: principalOf(service),
      operation: AclOperationTypes.ANY,
      permissionType: AclPermissionTypes.ANY,
    })),
  });
  await admin.createAcls({ acl: accessRules().map(entryOf) });
}

function entryOf({ service, resource, name, prefix, operation }: AccessRule): AclEntry {
  return {
    resourceType: resources[resource],
    resourceName: name,
    resourcePatternType: prefix === true ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    principal: principalOf(service),
    host: "*",
    operation: operations[operation],
    permissionType: AclPermissionTypes.ALLOW,
  };
}

const principalOf = (service: string): string => `User:${service}`;
