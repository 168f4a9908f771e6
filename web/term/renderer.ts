// Draws with WebGL where the browser has it and with plain elements where it has not, or no longer has.

import { WebglAddon } from "@xterm/addon-webgl"
import type { Terminal } from "@xterm/xterm"

export type Renderer = "webgl" | "dom"

/** Tells which renderer draws, now and whenever that changes. Drivers take the context away when they please. */
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
