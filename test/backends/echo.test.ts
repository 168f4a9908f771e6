// Backend "echo": the part of the contract that needs no process.

import { echoBackend } from "../../src/backends/echo.ts"
import { contract } from "./contract.ts"

contract(echoBackend, { noProcess: "it demonstrates and tests the interface without the operating system" })
