// Names of character sets: the emulator keeps a set as a table without its name.

import { Terminal } from "@xterm/headless"
import { type Charset, coreOf } from "./internals.ts"

/** Final characters of the designations `ESC ( F` (ctlseqs, "Designate G0 Character Set"). B is ASCII. */
const FINALS = "0A4C5RQKYE6ZH7="

let names: Promise<Map<Charset, string>> | null = null

/** The final character for each table; asked of an emulator once. */
export function charsetNames(): Promise<Map<Charset, string>> {
  names ??= ask()
  return names
}

async function ask(): Promise<Map<Charset, string>> {
  const found = new Map<Charset, string>()
  const terminal = new Terminal({ allowProposedApi: true })
  const { _charsetService: service } = coreOf(terminal)
  for (const final of FINALS) {
    await new Promise<void>(done => terminal.write(`\x1b(${final}`, done))
    if (service.charset && !found.has(service.charset)) found.set(service.charset, final)
  }
  terminal.dispose()
  return found
}
