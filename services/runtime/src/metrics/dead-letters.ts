import { Counter } from "prom-client";

/** Events that this process gave up, by consumer group. A counter of the process, so it has no registry of its own. */
export const deadLetters = new Counter({
  name: "ordermesh_dead_letters_total",
  help: "Events that a consumer group gave up and put into the dead-letter topic.",
  labelNames: ["group"],
  registers: [],
});
