import { createSigningKey, issueToken, type SigningKey } from "@ordermesh/runtime/auth";
import { UserError } from "../user-error.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { readJsonFile, writePrivateFile } from "./private-file.ts";

export const issuer = "ordermesh-development";
export const audience = "ordermesh";

const LIFETIME = "30 days";

export const customerScopes = ["orders.read", "orders.write", "items.read", "payments.read", "notifications.read"];
export const operatorScopes = [...customerScopes, "orders.fulfil", "items.write", "payments.refund", "customers.all"];
const serviceScopes = ["items.read"];

export interface Tokens {
  readonly customer: string;
  readonly operator: string;
}

/** The development issuer: its key is made once per data folder, the services get the public half. */
export async function prepareIdentity(layout: Layout): Promise<void> {
  let key = (await readJsonFile(layout.signingKey)) as SigningKey | undefined;
  if (key === undefined) {
    key = await createSigningKey();
    await writePrivateFile(layout.signingKey, JSON.stringify(key));
  }
  await writePrivateFile(layout.jwks, JSON.stringify(key.publicKeySet));
}

/** Signs the tokens of a run, the services' own into its file. They outlive a day by far and are renewed daily. */
export async function issueTokens(dataDir: string): Promise<Tokens> {
  const [customer, operator, service] = await Promise.all([
    issueDevelopmentToken(dataDir, "customer-ada", customerScopes),
    issueDevelopmentToken(dataDir, "operator-olga", operatorScopes),
    issueDevelopmentToken(dataDir, "service-order", serviceScopes),
  ]);
  await writePrivateFile(layoutOf(dataDir).serviceToken, service);
  return { customer, operator };
}

/** Signs a token with the key of a stack's data folder, for tests and load: any customer, any scopes. */
export async function issueDevelopmentToken(
  dataDir: string,
  subject: string,
  scopes: readonly string[] = customerScopes,
  lifetime: number | string = LIFETIME,
): Promise<string> {
  const layout = layoutOf(dataDir);
  const key = (await readJsonFile(layout.signingKey)) as SigningKey | undefined;
  if (key === undefined)
    throw new UserError("NO_SIGNING_KEY", `${layout.root} has no signing key: start a stack on it`);
  return issueToken(key.privateJwk, { sub: subject, scope: scopes.join(" "), iss: issuer, aud: audience }, lifetime);
}
