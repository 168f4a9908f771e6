// Backend "tmux": the contract with the limits of tmux.

import { afterAll } from "bun:test"
import { tmuxBackend } from "../../src/backends/choose.ts"
import { installed } from "../helpers.ts"
import { contract } from "./contract.ts"

const available = installed("tmux")
afterAll(() => {
  if (available) tmuxBackend.server.close()
})

const limits = {
  signalAsShellCode: "a shell runs between tmux and the program and reports 128 plus the signal's number",
  tailLost: "the pane closes when the program ends",
  ignoredSignals: {
    mask: "0000000000300000",
    why: "tmux ignores SIGTTIN and SIGTTOU, and a shell cannot undo that",
  },
}
contract(tmuxBackend, limits, available)
