// The module that other pages load. Defines <ptyline-terminal>. Safe to load twice.

import { PtylineTerminal } from "./element.ts"

export { PtylineTerminal }

if (!customElements.get("ptyline-terminal")) customElements.define("ptyline-terminal", PtylineTerminal)

declare global {
  interface HTMLElementTagNameMap {
    "ptyline-terminal": PtylineTerminal
  }
}
