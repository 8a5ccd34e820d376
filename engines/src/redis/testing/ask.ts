import { connect } from "node:net";

/** What the server of redis://user:password@127.0.0.1:port answers to the commands, line by line as on the wire. */
export async function ask(url: string, ...commands: readonly string[]): Promise<string[]> {
  const { username, password, port } = new URL(url);
  const lines = [...(username === "" ? [] : [`AUTH ${username} ${password}`]), ...commands, "QUIT"];
  const socket = connect({ host: "127.0.0.1", port: Number(port) });
  socket.setEncoding("utf8").write(lines.map((line) => `${line}\r\n`).join(""));
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  const answers = text.trimEnd().split("\r\n");
  // Neither the login's own answer nor the farewell's.
  return answers.slice(username === "" ? 0 : 1, -1);
}
