/** No variable of the caller's that could change how Envoy behaves. */
export function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], LC_ALL: "C", LANG: "C", TZ: "UTC" };
}
