// `bench kafka`
import { installKafka } from "@ordermesh/engines/kafka";
import { formatKafkaBench } from "../kafka/print-report.ts";
import { fullSizes, quickSizes, runKafkaBench } from "../kafka/run-kafka-bench.ts";
import { createProgress } from "../progress.ts";
import { print } from "./print.ts";

export interface KafkaCommand {
  readonly json: boolean;
  readonly quick: boolean;
}

/** Returns the exit code. */
export async function kafka(command: KafkaCommand): Promise<number> {
  const progress = createProgress();
  const installation = await installKafka({ onProgress: progress.say });
  const report = await runKafkaBench({ installation, sizes: command.quick ? quickSizes : fullSizes, progress });
  print(command.json, report, formatKafkaBench);
  return 0;
}
