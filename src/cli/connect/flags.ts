// The flags that choose a server, for every command that calls one.

import { type Flags, option } from "../lib/flags.ts"

export const CLIENT_FLAGS: Flags = {
  url: option(
    "the server to use: http://, https:// or ssh://host (default: PTYLINE_URL, else the local one)",
  ),
  profile: option("a server saved by ptyline login (default: PTYLINE_PROFILE)", { hint: "name" }),
}
