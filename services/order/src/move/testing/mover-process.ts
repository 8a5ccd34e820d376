// A mover in a process of its own that kills itself when it comes to a given place: a step by its name, or the first
// progress of it, as `copy:progress`. Arguments: buckets, target, place. Shards from ORDERMESH_SHARDS.
import { shardUrls } from "../../shards/shard-urls.ts";
import { parseBuckets } from "../bucket-ranges.ts";
import { moveBuckets } from "../move-buckets.ts";

const [buckets = "", to = "", place = ""] = process.argv.slice(2);

const dieAt = (here: string): void => {
  if (here === place) process.kill(process.pid, "SIGKILL");
};

await moveBuckets(
  {
    shards: shardUrls.parse(process.env["ORDERMESH_SHARDS"]),
    signal: new AbortController().signal,
    report: {
      step: (_, step) => dieAt(step),
      progress: ({ step }) => dieAt(`${step}:progress`),
      note: (text) => console.error(text),
    },
  },
  { buckets: parseBuckets(buckets), to },
);
