// Backend "terminal" keeps the whole contract.

import { terminalBackend } from "../../src/backends/terminal.ts"
import { contract } from "./contract.ts"

contract(terminalBackend)
