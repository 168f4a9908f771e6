// Backend "echo": the part of the contract that needs no process.

import { echoBackend } from "../../src/backends/echo.ts"
import { contract } from "./contract.ts"

contract(echoBackend, { noProcess: "it exists to show and to test the seam without the operating system" })
