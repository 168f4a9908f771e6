// Choice of the renderer: WebGL if the browser has it, otherwise DOM elements.

import { WebglAddon } from "@xterm/addon-webgl"
import type { Terminal } from "@xterm/xterm"

type Renderer = "webgl" | "dom"

/** Loads WebGL, or else uses the DOM. Calls back now and on changes: a driver may drop the context. */
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
