// Backend "bun-pty": the contract with the limits of its library, and what its worker adds.

import { bunPtyBackend } from "../../src/backends/bun-pty.ts"
import { contract } from "./contract.ts"

contract(bunPtyBackend, {
  signalAsCode: "the library waits for the child itself and keeps only a number, 1 for every signal",
  tailLost: "the library's reader counts the program's end as the output's end and drops what comes later",
  ignoredSignals: { mask: "0000000001000000", why: "Bun ignores SIGXFSZ and the library does not undo that" },
})
