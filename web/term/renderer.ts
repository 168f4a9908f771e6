// Choice of the renderer: WebGL if the browser has it, otherwise DOM elements.

import { WebglAddon } from "@xterm/addon-webgl"
import type { Terminal } from "@xterm/xterm"

export type Renderer = "webgl" | "dom"

/** Loads WebGL, with DOM as the fallback. Calls back now and on every change; drivers may drop the context any time. */
export function loadRenderer(terminal: Terminal, drawsWith: (renderer: Renderer) => void): void {
  const webgl = new WebglAddon()
  webgl.onContextLoss(() => {
    webgl.dispose()
    drawsWith("dom")
  })
  try {
    terminal.loadAddon(webgl)
    drawsWith("webgl")
  } catch {
    webgl.dispose()
    drawsWith("dom")
  }
}
