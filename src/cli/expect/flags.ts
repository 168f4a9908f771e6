// The flags of `ptyline expect`.

import { CLIENT_FLAGS } from "../connect/flags.ts"
import { type Flags, option, toggle } from "../lib/flags.ts"

export const EXPECT_FLAGS: Flags = {
  timeout: option("how long a step waits, unless the script says timeout_ms", {
    hint: "time",
    default: "30s",
    setting: true,
  }),
  cols: option("columns (default 120)", { hint: "n", setting: true }),
  rows: option("rows (default 30)", { hint: "n", setting: true }),
  cwd: option("working directory", { hint: "dir" }),
  env: option("add an environment variable", { multiple: true, hint: "name=value" }),
  record: option("always write an asciicast here (default: SCRIPT.cast when a step fails)", {
    hint: "file.cast",
  }),
  quiet: toggle("do not print the program's output"),
  json: toggle("print a JSON report instead of the output"),
  junit: option("write a JUnit XML report", { hint: "file.xml" }),
  ...CLIENT_FLAGS,
}
