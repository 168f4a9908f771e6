// The flags of `ptyline run`.

import { type Flags, option, toggle } from "../lib/flags.ts"

export const RUN_FLAGS: Flags = {
  pty: toggle("give the program a terminal"),
  pipe: toggle("run the program on pipes, without a terminal (default)"),
  timeout: option("end the program after this time: 90, 5m, 1h30m", { hint: "time", setting: true }),
  grace: option("time between TERM and KILL", { hint: "time", default: "2s", setting: true }),
  command: option("a command line for your shell, instead of ARGV after --", { hint: "line" }),
  cwd: option("working directory", { hint: "dir" }),
  env: option("add an environment variable", { multiple: true, hint: "name=value" }),
  cols: option("columns of its terminal (default: those of your terminal, else 120)", {
    hint: "n",
    setting: true,
  }),
  rows: option("rows of its terminal (default: those of your terminal, else 30)", {
    hint: "n",
    setting: true,
  }),
  record: option("record the output as an asciicast", { hint: "file.cast" }),
  quiet: toggle("print nothing unless the program fails; then its last lines"),
  tail: option("print only the last lines, at the end (with --quiet: 50)", { hint: "lines" }),
  name: option("run as a session of the server with this name"),
  until: option("return when the output matches this RE2 expression; the session keeps running", {
    hint: "regex",
  }),
  json: toggle("print exit status, output and time as JSON"),
  url: option("run as a session of this server: http://, https:// or ssh://host"),
  profile: option("run as a session of a server saved by ptyline login", { hint: "name" }),
}
