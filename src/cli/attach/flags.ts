// The flags of `ptyline attach`.

import { CLIENT_FLAGS } from "../connect/flags.ts"
import { type Flags, option, toggle } from "../lib/flags.ts"

export const ATTACH_FLAGS: Flags = {
  view: toggle("watch only: send no input and do not resize"),
  "detach-keys": option("keys that detach: a control key, a comma, another key", {
    hint: "keys",
    default: "ctrl-\\,d",
    setting: true,
  }),
  "size-policy": option("set which window decides the size: latest, smallest, leader or fixed", {
    hint: "policy",
  }),
  ...CLIENT_FLAGS,
}
