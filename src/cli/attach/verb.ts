// `ptyline attach`: flags and help.

import type { Verb } from "../lib/verb.ts"
import { ATTACH_FLAGS } from "./flags.ts"

export const ATTACH: Verb = {
  name: "attach",
  summary: "Attach this terminal to a session",
  flags: ATTACH_FLAGS,
  environment: "PTYLINE_ATTACH_",
  words: ["id"],
  about: [
    "Sends every key to the session, Ctrl-C and Ctrl-Z too, except Ctrl-\\. After Ctrl-\\, d detaches and leaves the session running, z suspends this client (fg continues it), and a second Ctrl-\\ sends Ctrl-\\. The session's screen and scrollback are drawn first. Colours, mouse, paste and full-screen programs work as usual.",
    "Several clients can be attached at once: terminals, browsers, agents. --size-policy sets which one decides the session's size: the last one that asked (latest), the smallest one (smallest), the first one (leader), or none (fixed).",
    "Your terminal is always restored, even if this client is killed. After a lost connection the client reconnects for 30 seconds and resumes where it was.",
  ],
  examples: [
    ["ptyline attach build", "type and watch; Ctrl-\\ d detaches"],
    ["ptyline attach build --view", "watch without typing"],
    ["ptyline attach build --url ssh://host", "the same on another machine"],
  ],
  codes: [
    ["0", "detached"],
    ["N", "the session ended with N, or by signal N-128"],
  ],
  run: async args => (await import("./attach.ts")).attach(args, process.env),
}
