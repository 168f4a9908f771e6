// Limits on output that would freeze the terminal: huge counts, which it executes one by one, and an erase
// that fails. The server's emulator has the same limits.

import type { Terminal } from "@xterm/xterm"

type Params = { params: Int32Array | number[] }
type Core = {
  cols: number
  rows: number
  buffers: { active: { x: number; y: number; lines: { length: number } } }
  registerCsiHandler(id: { final: string }, handler: (params: Params) => boolean): unknown
}

/** Uses internals of xterm.js 6: handlers of its API get a copy of the parameters and cannot lower them. */
export function boundOutput(terminal: Terminal): void {
  const core = (terminal as unknown as { _core: Core })._core
  const bound = (finals: string, most: () => number) => {
    for (const final of finals)
      core.registerCsiHandler({ final }, ({ params }) => {
        params[0] = Math.min(params[0]!, most())
        return false
      })
  }
  bound("LMST", () => core.rows)
  bound("IZ", () => core.cols)
  bound("b", () => core.rows * core.cols)
  core.registerCsiHandler({ final: "J" }, ({ params }) => {
    const { x, y, lines } = core.buffers.active
    if (params[0] === 1 && x + 1 >= core.cols && y + 1 >= lines.length) params[0] = 2
    return false
  })
}
