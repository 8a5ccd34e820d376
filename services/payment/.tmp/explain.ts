import * as require_fs from "node:fs";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { OrderConfirmedSchema, OrderPlacedSchema } from "@ordermesh/proto/order";
import { migrate, openDatabase } from "@ordermesh/runtime/database";
import { startEmbeddedPostgres } from "@ordermesh/runtime/embedded-postgres";
import { newBucketedId, newEventId } from "@ordermesh/runtime/ids";
import { claimFresh } from "@ordermesh/runtime/inbox";
import { createLogger } from "@ordermesh/runtime/logging";
import { createOutbox } from "@ordermesh/runtime/outbox";
import { keyedPlans } from "@ordermesh/runtime/service-host";
import { assemblePayments, migrations } from "../src/app.ts";
import { openSimulatedProvider } from "../src/provider/simulated/simulated-provider.ts";

const dir = mkdtempSync("/tmp/pay-measure-");
const pg = await startEmbeddedPostgres({
  dataDir: dir + "/pg",
  port: 0,
  superPassword: "x",
  settings: {
    shared_preload_libraries: "pg_stat_statements",
    "pg_stat_statements.track_planning": "on",
    session_preload_libraries: "auto_explain",
    "auto_explain.log_min_duration": 0,
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "on",
    "auto_explain.sample_rate": 0.02,
    "auto_explain.log_wal": "on",
  },
  onLog: (l) => process.env.PGLOG && require_fs.appendFileSync(process.env.PGLOG, l + "\n"),
});
await pg.administer((c) => c.query("CREATE EXTENSION pg_stat_statements"));
await pg.createDatabase("own");
await pg.createDatabase("prov");
const logger = createLogger({ name: "m", instance: "m", level: "warn" });
await migrate({ url: pg.url("own"), directory: migrations, logger });
const database = openDatabase({ url: pg.url("own"), name: "payment", logger, settings: keyedPlans });
const provider = await openSimulatedProvider({ url: pg.url("prov"), name: "payment", poolSize: 6, logger });
const outbox = createOutbox({ database, log: { append: async () => undefined }, logger });
const { worker, handlers } = assemblePayments({
  database,
  outbox,
  provider,
  instance: "m",
  timeoutMs: 2000,
  concurrency: 2000,
  logger,
});
await worker.start();
const handlerOf = (schema: any) => handlers.find((h) => h.messages.includes(schema))!;
async function apply(schema: any, messages: any[]) {
  const events = messages.map((m) => ({
    id: newEventId(),
    type: schema.typeName,
    key: m.orderId,
    time: new Date(),
    correlationId: "c-1234567890",
    traceparent: undefined,
    message: fromBinary(schema, m.bin),
    record: undefined as any,
  }));
  const hooks: any[] = [];
  await database.transaction(async (tx) => {
    await claimFresh(
      tx,
      "payment",
      events.map((e) => e.id),
    );
    await handlerOf(schema).apply(events as any, tx, {
      emit() {},
      afterCommit: (h) => hooks.push(h),
      signal: new AbortController().signal,
    });
  });
  for (const h of hooks) await h();
}
const hz = 100;
function pgCpu() {
  let t = 0;
  for (const p of readdirSync("/proc")) {
    if (!/^\d+$/.test(p)) continue;
    try {
      const s = readFileSync(`/proc/${p}/stat`, "utf8");
      const f = s.slice(s.lastIndexOf(")") + 2).split(" ");
      if (Number(f[1]) === pg.pid || Number(p) === pg.pid) t += Number(f[11]) + Number(f[12]);
    } catch {}
  }
  return t / hz;
}
const BATCH = Number(process.argv[2] ?? 16),
  TICK = 20,
  N = Number(process.argv[3] ?? 5000);
const placed: any[] = [],
  done = 0;
function gen() {
  const customerId = "cust-" + Math.floor(Math.random() * 1000);
  const orderId = newBucketedId(customerId, Date.now());
  const bin = toBinary(
    OrderPlacedSchema,
    create(OrderPlacedSchema, {
      orderId,
      customerId,
      total: { currencyCode: "EUR", minorUnits: 1250n },
      paymentToken: "tok_approve",
      contactEmail: "ada@example.com",
      lines: [
        { sku: "sku-0001", quantity: 2, unitPrice: { currencyCode: "EUR", minorUnits: 100n } },
        { sku: "sku-0002", quantity: 1, unitPrice: { currencyCode: "EUR", minorUnits: 1050n } },
      ],
    }),
  );
  return { orderId, customerId, bin };
}
async function run(n: number) {
  const waves: any[][] = [];
  for (let sent = 0; sent < n; sent += BATCH) {
    const t = performance.now();
    const batch = Array.from({ length: BATCH }, gen);
    await apply(OrderPlacedSchema, batch);
    waves.push(batch);
    if (waves.length > 6) {
      const w = waves.shift()!;
      await apply(
        OrderConfirmedSchema,
        w.map((o) => ({
          ...o,
          bin: toBinary(
            OrderConfirmedSchema,
            create(OrderConfirmedSchema, { orderId: o.orderId, customerId: o.customerId }),
          ),
        })),
      );
    }
    const left = TICK - (performance.now() - t);
    if (left > 0) await delay(left);
  }
  for (const w of waves)
    await apply(
      OrderConfirmedSchema,
      w.map((o) => ({
        ...o,
        bin: toBinary(
          OrderConfirmedSchema,
          create(OrderConfirmedSchema, { orderId: o.orderId, customerId: o.customerId }),
        ),
      })),
    );
}
await run(1000);
const c0 = process.cpuUsage(),
  p0 = pgCpu(),
  t0 = performance.now();
await run(N);
for (;;) {
  const { rows } = await database.pool.query("select count(*)::int c from payment where status<>'CAPTURED'");
  if (rows[0].c === 0) break;
  await delay(50);
}
const c = process.cpuUsage(c0),
  p1 = pgCpu();
console.log({
  orders: N,
  batch: BATCH,
  wallS: ((performance.now() - t0) / 1000).toFixed(2),
  nodeUs: ((c.user + c.system) / N).toFixed(1),
  pgUs: (((p1 - p0) * 1e6) / N).toFixed(1),
});
console.log(
  (await database.pool.query("select attempts, kind, count(*)::int from payment_operation group by 1,2")).rows,
);
console.log((await database.pool.query("select n_tup_upd, n_tup_hot_upd, relname from pg_stat_user_tables")).rows);
console.log((await database.pool.query("select count(*)::int, sum(record_count)::int from outbox")).rows);
const st = await pg.administer((c) =>
  c.query(
    "select left(regexp_replace(query, $$\\s+$$, $$ $$, $$g$$), 60) q, calls::int, round(total_exec_time::numeric/greatest(calls,1)*1000) us, round((total_plan_time)::numeric/greatest(calls,1)*1000) plan_us, round((total_exec_time*1000/6000)::numeric,1) per_order, round(rows::numeric/greatest(calls,1),1) rows from pg_stat_statements order by total_exec_time desc limit 14",
  ),
);
console.table(st.rows);
await worker.stop(1000);
await provider.close();
await database.close();
await pg.stop();
rmSync(dir, { recursive: true, force: true });
process.exit(0);
