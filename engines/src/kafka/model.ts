/** What is needed to run a broker. */
export interface KafkaInstallation {
  readonly version: string;
  /** Path of the Java program. */
  readonly java: string;
  /** Paths of all jars of the class path. */
  readonly jars: readonly string[];
}

/** Both ports are on 127.0.0.1. */
export interface KafkaBrokerPorts {
  readonly port: number;
  readonly controllerPort: number;
}

export interface KafkaClusterPlan {
  /** Folder of all state: properties, secrets of the brokers, data. Made when missing. */
  readonly dataDir: string;
  /** One entry per broker. Ports may differ from one start to the next; the number of brokers may not. */
  readonly brokers: readonly KafkaBrokerPorts[];
  /**
   * Users of SASL/SCRAM-SHA-512 with their passwords, `admin` among them: `admin` may do everything, the others what
   * ACLs allow. Users that are new, changed or gone since the last start are brought up to date when the brokers start.
   * Without: no authentication and no authorization.
   */
  readonly users?: Readonly<Record<string, string>>;
  /** PEM file with the brokers' key (PKCS #8) and certificate chain: clients then connect by TLS. */
  readonly tlsKeystoreFile?: string;
  /** Broker properties over ours, for tests. */
  readonly settings?: Readonly<Record<string, string>>;
  /** "lean", the default, starts fast and stays small; "throughput" compiles fully. */
  readonly jvm?: "lean" | "throughput";
  /** Receives the brokers' own logs, line by line. */
  readonly onLog?: (broker: string, line: string) => void;
}

export interface BrokerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningBroker {
  readonly pid: number;
  /** Resolves when the broker has ended, asked to or not. */
  readonly exited: Promise<BrokerExit>;
  /** Does nothing when the broker has ended. */
  kill(signal: NodeJS.Signals): void;
  /**
   * SIGTERM, and SIGKILL after 15 s. Stop the brokers of a cluster all at once: one that is alone cannot hand over its
   * partitions and takes the whole time.
   */
  stop(): Promise<void>;
}

export interface KafkaBroker {
  /** kafka-1, kafka-2, … */
  readonly name: string;
  /** 127.0.0.1:port */
  readonly address: string;
  /**
   * Resolves when the broker serves. Launch the brokers of a cluster all at once: each waits for a majority.
   * @throws EngineError KAFKA_PORT_TAKEN, KAFKA_START_FAILED with the tail of its log, KAFKA_USERS_FAILED
   */
  launch(): Promise<RunningBroker>;
}

export interface KafkaCluster {
  readonly addresses: readonly string[];
  /** kafka://127.0.0.1:1,127.0.0.1:2 with no security parameters. */
  readonly url: string;
  /** Undefined while the broker does not run. */
  pidOf(name: string): number | undefined;
  /** SIGKILL; resolves when the broker has ended. */
  kill(name: string): Promise<void>;
  /** Launches a broker that has ended again; resolves when it serves. */
  restart(name: string): Promise<void>;
  /** Such as SIGSTOP and SIGCONT. */
  signal(name: string, signal: NodeJS.Signals): void;
  /** Stops all at once; the data stays. */
  stop(): Promise<void>;
}

export type KafkaClusterOptions = Omit<KafkaClusterPlan, "brokers"> & { readonly brokers?: 1 | 3 };
