// Key names and the bytes that a terminal sends for them (xterm's ctlseqs, PC-style keys, normal mode).

import { PtylineError } from "../../core/lib/errors.ts"

const NAMED: Record<string, string> = {
  enter: "\r",
  tab: "\t",
  space: " ",
  escape: "\x1b",
  esc: "\x1b",
  backspace: "\x7f",
  delete: "\x1b[3~",
  insert: "\x1b[2~",
  up: "\x1b[A",
  down: "\x1b[B",
  right: "\x1b[C",
  left: "\x1b[D",
  home: "\x1b[H",
  end: "\x1b[F",
  "page-up": "\x1b[5~",
  "page-down": "\x1b[6~",
  "shift-tab": "\x1b[Z",
  f1: "\x1bOP",
  f2: "\x1bOQ",
  f3: "\x1bOR",
  f4: "\x1bOS",
  f5: "\x1b[15~",
  f6: "\x1b[17~",
  f7: "\x1b[18~",
  f8: "\x1b[19~",
  f9: "\x1b[20~",
  f10: "\x1b[21~",
  f11: "\x1b[23~",
  f12: "\x1b[24~",
}

/** Returns the text that a terminal sends for "ctrl-c", "alt-x", "up", "f5" or one printable character. */
export function keyText(key: string): string {
  const name = key.toLowerCase()
  if (Object.hasOwn(NAMED, name)) return NAMED[name]!
  if (name.startsWith("alt-")) return `\x1b${keyText(key.slice(4))}`
  const control = /^(?:ctrl-|c-|\^)(.|space)$/.exec(name)?.[1]
  if (control) return controlText(control, key)
  if ([...key].length === 1 && key >= " ") return key
  throw new PtylineError("invalid_input", `unknown key ${JSON.stringify(key)}`, { key })
}

function controlText(char: string, key: string): string {
  if (char === "?") return "\x7f"
  if (char === " " || char === "space") return "\0"
  const code = char.toUpperCase().charCodeAt(0)
  if (code >= 0x40 && code <= 0x5f) return String.fromCharCode(code & 0x1f)
  throw new PtylineError("invalid_input", `unknown control key ${JSON.stringify(key)}`, { key })
}
