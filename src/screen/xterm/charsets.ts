// Names of character sets: the emulator stores a set as a table without its name.

import { Terminal } from "./headless.ts"
import { type Charset, coreOf } from "./internals.ts"

/** Final characters of the designations `ESC ( F` (ctlseqs, "Designate G0 Character Set"). B is ASCII. */
const FINALS = "0A4C5RQKYE6ZH7="

let names: Promise<Map<Charset, string>> | null = null

/** Returns the final character for each table, after asking an emulator once. */
export function charsetNames(): Promise<Map<Charset, string>> {
  names ??= queryNames()
  return names
}

async function queryNames(): Promise<Map<Charset, string>> {
  const result = new Map<Charset, string>()
  const terminal = new Terminal({ allowProposedApi: true })
  const { _charsetService: service } = coreOf(terminal)
  for (const final of FINALS) {
    await new Promise<void>(done => terminal.write(`\x1b(${final}`, done))
    if (service.charset && !result.has(service.charset)) result.set(service.charset, final)
  }
  terminal.dispose()
  return result
}
