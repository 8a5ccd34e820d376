// Runs a main file as a child that never outlives the stack: when the channel to the supervisor closes,
// which happens when the supervisor ends in whatever way, the process stops as if told to.
import { pathToFileURL } from "node:url";

const LAST_RESORT_MS = 15_000;

function leave(): void {
  setTimeout(() => process.exit(1), LAST_RESORT_MS);
  process.kill(process.pid, "SIGTERM");
}

const main = process.argv[2];
if (main === undefined || process.send === undefined) throw new Error("child.ts is started by the stack, with a file");
process.once("disconnect", leave);
// The channel may have closed before the listener was there.
if (!process.connected) leave();
// Only its closing matters: it must not keep a service alive that wants to end.
process.channel?.unref();
// To the program it is as if it had been started by itself, with its own arguments.
process.argv.splice(1, 1);

await import(pathToFileURL(main).href);
