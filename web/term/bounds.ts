// Output that would stop the terminal for good: counts that it would do one by one, and an erase that it fails at. The server's
// own emulator has the same bounds.

import type { Terminal } from "@xterm/xterm"

type Params = { params: Int32Array | number[] }
type Core = {
  cols: number
  rows: number
  buffers: { active: { x: number; y: number; lines: { length: number } } }
  registerCsiHandler(id: { final: string }, handler: (params: Params) => boolean): unknown
}

/** Behind the API of xterm.js 6: a handler of the API gets a copy of the parameters, which it cannot lower. */
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
