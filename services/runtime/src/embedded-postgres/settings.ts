/** Server settings by name; values as in postgresql.conf. */
export type PostgresSettings = Readonly<Record<string, string | number>>;

/**
 * Tuned for many small transactions on a machine of a few cores, with full durability: fsync and synchronous_commit
 * stay on. What is switched off here costs CPU per statement or per commit and serves only replication or analytics.
 */
export const defaultSettings: PostgresSettings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  password_encryption: "scram-sha-256",
  max_connections: 200,
  timezone: "UTC",
  log_timezone: "UTC",
  // Durability.
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  // No replication.
  wal_level: "minimal",
  max_wal_senders: 0,
  wal_compression: "off",
  wal_buffers: "16MB",
  checkpoint_timeout: "15min",
  checkpoint_completion_target: 0.9,
  min_wal_size: "256MB",
  max_wal_size: "2GB",
  log_checkpoints: "off",
  // Memory; reads are served from it, so extra I/O workers would only be processes.
  shared_buffers: "256MB",
  work_mem: "8MB",
  io_method: "sync",
  // Short statements: compiling, parallel plans and process titles cost more than they give.
  jit: "off",
  max_parallel_workers_per_gather: 0,
  max_logical_replication_workers: 0,
  max_worker_processes: 4,
  update_process_title: "off",
  // Queue-like tables (outbox, event log) need frequent cleaning.
  autovacuum: "on",
  autovacuum_max_workers: 2,
  autovacuum_naptime: "30s",
};

/** For tests that do not test durability: the same server without waiting for the disk. */
export const throwawaySettings: PostgresSettings = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  shared_buffers: "64MB",
  max_connections: 300,
};

/** Command-line arguments that set them. */
export function settingArguments(settings: PostgresSettings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
