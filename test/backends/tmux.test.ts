// Backend "tmux": the contract with the limits of a terminal in between.

import { afterAll } from "bun:test"
import { tmuxBackend } from "../../src/backends/choose.ts"
import { installed } from "../helpers.ts"
import { contract } from "./contract.ts"

const there = installed("tmux")
afterAll(() => {
  if (there) tmuxBackend.server.close()
})

const limits = {
  signalAsShellCode:
    "a shell stands between tmux and the program and says 128 and the signal's number, as shells do",
  tailLost: "the pane goes when the program ended",
  ignoredSignals: {
    mask: "0000000000300000",
    why: "tmux ignores SIGTTIN and SIGTTOU, and a shell cannot undo that",
  },
}
contract(tmuxBackend, limits, there)
