// Backend "terminal" keeps the contract ; a flood of output costs its event loop more than it should.

import { terminalBackend } from "../../src/backends/terminal.ts"
import { contract } from "./contract.ts"

contract(terminalBackend, {
  flood: { share: 0.2, why: "Bun reads one terminal for up to 160 ms before anything else has its turn" },
})
