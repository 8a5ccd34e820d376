// Loaded before the mover (node --import): kills it by SIGKILL at the moment when it says that it comes to a step, so that
// it dies exactly there, and not some milliseconds later.
const step = process.env["DIE_AT_STEP"];
const write = process.stdout.write.bind(process.stdout);

process.stdout.write = ((text: string | Uint8Array, ...rest: []) => {
  const written = write(text, ...rest);
  if (String(text).includes(`"step":"${step}"`)) process.kill(process.pid, "SIGKILL");
  return written;
}) as typeof process.stdout.write;
