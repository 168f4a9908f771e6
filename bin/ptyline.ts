#!/usr/bin/env bun
// The program: runs a command line and exits with its code after all output is written.
import { main } from "../src/cli/main.ts"

const code = await main(process.argv.slice(2))
process.stdout.end(() => process.exit(code))
