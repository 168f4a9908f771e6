// The bar of keys that a phone's keyboard lacks. A press does not move the focus, so the keyboard stays open.

import type { Terminal } from "@xterm/xterm"
import { h, listen } from "../ui/dom.ts"

type KeybarActions = { type: (text: string) => void; paste: () => void }

const PLAIN: [string, string, string][] = [
  ["esc", "Escape", "\x1b"],
  ["tab", "Tab", "\t"],
]
const ARROWS: [string, string, string][] = [
  ["←", "Left", "D"],
  ["↑", "Up", "A"],
  ["↓", "Down", "B"],
  ["→", "Right", "C"],
]

export class Keybar {
  readonly element: HTMLElement
  readonly #terminal: Terminal
  readonly #ctrl: HTMLButtonElement

  constructor(terminal: Terminal, actions: KeybarActions) {
    this.#terminal = terminal
    this.#ctrl = key("ctrl", "Control for the next key", () => this.#setControl(!this.#controlHeld))
    this.#ctrl.setAttribute("aria-pressed", "false")
    this.element = h(
      "div",
      { class: "keybar", role: "toolbar", "aria-label": "Terminal keys", "data-testid": "keybar" },
      ...PLAIN.map(([text, label, data]) => key(text, label, () => actions.type(data))),
      this.#ctrl,
      ...ARROWS.map(([text, label, final]) => key(text, label, () => actions.type(this.#arrow(final)))),
      key("^C", "Control C", () => actions.type("\x03")),
      key("paste", "Paste", actions.paste),
    )
  }

  /** Applies a held Control key to typed bytes, then releases it. */
  withControl(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (!this.#controlHeld) return data
    this.#setControl(false)
    return controlled(data)
  }

  get #controlHeld(): boolean {
    return this.#ctrl.getAttribute("aria-pressed") === "true"
  }

  #setControl(held: boolean): void {
    this.#ctrl.setAttribute("aria-pressed", String(held))
  }

  /** Returns an arrow key's code. Programs choose between two (DECCKM). */
  #arrow(final: string): string {
    return this.#terminal.modes.applicationCursorKeysMode ? `\x1bO${final}` : `\x1b[${final}`
  }
}

/** Returns the control character of a single letter or one of @ [ \ ] ^ _. Other input stays unchanged. */
export function controlled(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const [code = 0] = data
  const controllable = (code >= 0x40 && code <= 0x5f) || (code >= 0x61 && code <= 0x7a)
  return data.length === 1 && controllable ? Uint8Array.of(code & 0x1f) : data
}

function key(text: string, label: string, run: () => void): HTMLButtonElement {
  const button = h("button", { "aria-label": label, onclick: run }, text)
  listen(button, "pointerdown", (event: PointerEvent) => event.preventDefault())
  return button
}
