import { readFileSync, readdirSync, mkdtempSync, rmSync } from "node:fs";
import { startEmbeddedPostgres } from "@ordermesh/runtime/embedded-postgres";
import { openDatabase } from "@ordermesh/runtime/database";
import { createLogger } from "@ordermesh/runtime/logging";
const dir = mkdtempSync("/tmp/pay-measure-");
const pg = await startEmbeddedPostgres({ dataDir: dir + "/pg", port: 0, superPassword: "x" });
const logger = createLogger({ name: "m", instance: "m", level: "warn" });
const db = openDatabase({ url: pg.url("postgres"), name: "c", logger, poolSize: 8 });
await db.pool.query("create table t (id uuid primary key, a text, b bigint)");
function pgCpu() { let t = 0; for (const p of readdirSync("/proc")) { if (!/^\d+$/.test(p)) continue; try { const s = readFileSync(`/proc/${p}/stat`, "utf8"); const f = s.slice(s.lastIndexOf(")") + 2).split(" "); if (Number(f[1]) === pg.pid) t += Number(f[11]) + Number(f[12]); } catch {} } return t / 100; }
const st = { name: "i", text: "insert into t values (gen_random_uuid(), $1, $2)" };
const go = async (n: number) => { await Promise.all(Array.from({ length: 8 }, async () => { for (let i = 0; i < n / 8; i++) await db.query(st, ["hello", 5n]); })); };
await go(2000);
const c0 = process.cpuUsage(), p0 = pgCpu(), t0 = performance.now();
await go(8000);
const c = process.cpuUsage(c0), s = (performance.now() - t0) / 1000;
console.log({ rate: 8000 / s, nodeUs: (c.user + c.system) / 8000, pgUs: (pgCpu() - p0) * 1e6 / 8000 });
let x = performance.cpuNow?.() ; const q0 = process.cpuUsage(); let k = 0; for (let i = 0; i < 2e8; i++) k = (k * 31 + i) | 0; const q = process.cpuUsage(q0); console.log("loop cpu ms", q.user / 1000, k & 1);
await db.close(); await pg.stop(); rmSync(dir, { recursive: true, force: true }); process.exit(0);
