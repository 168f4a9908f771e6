#!/usr/bin/env bun
// The program: one command line in, one exit code out, with everything that was printed on its way first.
import { main } from "../src/cli/main.ts"

const code = await main(process.argv.slice(2))
process.stdout.end(() => process.exit(code))
