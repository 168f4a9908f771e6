// The module that other pages load: it defines <ptyline-terminal>. Loading it twice is fine.

import { PtylineTerminal } from "./element.ts"

export { PtylineTerminal }

if (!customElements.get("ptyline-terminal")) customElements.define("ptyline-terminal", PtylineTerminal)

declare global {
  interface HTMLElementTagNameMap {
    "ptyline-terminal": PtylineTerminal
  }
}
