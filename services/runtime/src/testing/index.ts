export { type FixedClock, fixedClock } from "./fixed-clock.ts";
export { createTestDatabase, type TestDatabase } from "./test-database.ts";
export { createTestIdentity, type TestIdentity } from "./test-identity.ts";
