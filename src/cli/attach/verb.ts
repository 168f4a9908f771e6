// `ptyline attach`: what it takes and how it is explained.

import { CLIENT_FLAGS } from "../connect/connection.ts"
import type { Flags } from "../lib/flags.ts"
import type { Verb } from "../lib/verb.ts"

export const ATTACH_FLAGS: Flags = {
  view: { type: "boolean", description: "watch only: nothing is typed, the size stays" },
  "detach-keys": {
    type: "string",
    description: "what ends the attachment: a control key, a comma, another key",
    hint: "keys",
    default: "ctrl-\\,d",
    setting: true,
  },
  "size-policy": {
    type: "string",
    description: "whose window counts from now on: latest, smallest, leader or fixed",
    hint: "policy",
  },
  ...CLIENT_FLAGS,
}

export const ATTACH: Verb = {
  name: "attach",
  summary: "Be on a session with your own terminal",
  flags: ATTACH_FLAGS,
  environment: "PTYLINE_ATTACH_",
  words: ["id"],
  about: [
    "Every key goes to the session, Ctrl-C and Ctrl-Z too, but for Ctrl-\\: then d detaches and leaves the session running, then z stops this client as Ctrl-Z stops a program (fg continues it), and a second Ctrl-\\ is typed. The screen and what is above it are drawn first; colours, mouse, paste and full-screen programs work as in a terminal of your own.",
    "Several can be attached at once, in terminals, browsers and agents. The size is that of whoever asked last (latest), what fits all (smallest), that of whoever came first (leader), or stays (fixed): --size-policy sets it for the session.",
    "Your terminal is put back as it was in every case, also when this client is killed. A lost connection is tried again for half a minute and goes on without a gap.",
  ],
  examples: [
    ["ptyline attach build", "type, watch, and leave with Ctrl-\\ d"],
    ["ptyline attach build --view", "look over the shoulder of whoever is on it"],
    ["ptyline attach build --url ssh://host", "the same on another machine"],
  ],
  codes: [
    ["0", "detached"],
    ["N", "the session ended with N, or by signal N-128"],
  ],
  run: async args => (await import("./attach.ts")).attach(args, process.env),
}
