// Backend "terminal" keeps the contract; a flood of output costs its event loop more than it should.

import { terminalBackend } from "../../src/backends/terminal.ts"
import { contract } from "./contract.ts"

contract(terminalBackend, {
  flood: {
    share: 0.3,
    why: "Bun reads a terminal until it is empty, which a program that writes little at a time hardly lets happen",
  },
})
