// A seat belt for careless callers: commands that look dangerous need a confirmation, once each. It is no sandbox.

import { randomBytes } from "node:crypto"
import { PtylineError } from "../lib/errors.ts"

/** RE2 expressions over a command with its white space collapsed (contract pty-mcp, 3.8). */
export const DANGEROUS_PATTERNS = [
  // forced and recursive, in any spelling, on an absolute path
  `\\brm\\s(?:[^;&|]*\\s)?(?:-[a-zA-Z]*(?:[rR][a-zA-Z]*f|f[a-zA-Z]*[rR])[a-zA-Z]*|(?:-[a-zA-Z]*[rR]|--recursive)[^;&|]*\\s(?:-[a-zA-Z]*f|--force)|(?:-[a-zA-Z]*f|--force)[^;&|]*\\s(?:-[a-zA-Z]*[rR]|--recursive))[^;&|]*\\s["']?/`,
  "\\bmkfs(?:\\.\\w+)?\\b",
  "\\bdd\\b[^;&|]*\\bif=/dev/zero\\b",
  "\\b(?:shutdown|reboot|poweroff)\\b",
]

export type DangerRule = { pattern: string; matches(command: string): boolean }

/** What a confirmation is about, as one text however it was typed. */
export const plainCommand = (command: string): string => command.trim().replace(/\s+/g, " ")

/** The patterns that a command matches. */
export const dangersOf = (command: string, rules: DangerRule[]): string[] =>
  rules.filter(rule => rule.matches(plainCommand(command))).map(rule => rule.pattern)

/** `owner` and `scope` bind only where the confirmation named them. */
export type Confirmed = { command: string; owner?: string; scope?: string }
type Given = Confirmed & { expires: number }

const TOKEN = "dangerous confirmation token"
/** So many open confirmations are kept; the oldest goes. */
const MOST = 1000

export class Confirmations {
  #given = new Map<string, Given>()

  /** A token for one start of just this. */
  give(confirmed: Confirmed, ttlMs: number): { token: string; expiresAt: Date } {
    const token = `dc_${randomBytes(16).toString("hex")}`
    const expires = Date.now() + ttlMs
    this.#forgetOld()
    this.#given.set(token, { ...confirmed, command: plainCommand(confirmed.command), expires })
    return { token, expiresAt: new Date(expires) }
  }

  /** Takes the token; call the returned function to give it back when nothing was started. Throws `denied`. */
  claim(token: string, wanted: Confirmed): () => void {
    const given = this.#given.get(token)
    if (!given || given.expires <= Date.now()) throw denied(`invalid or expired ${TOKEN}`)
    if (given.command !== plainCommand(wanted.command)) throw denied(`${TOKEN} does not match command`)
    if (given.owner !== undefined && given.owner !== wanted.owner) throw denied(`${TOKEN} owner mismatch`)
    if (given.scope !== undefined && given.scope !== wanted.scope) throw denied(`${TOKEN} scope mismatch`)
    this.#given.delete(token)
    return () => void this.#given.set(token, given)
  }

  #forgetOld(): void {
    const now = Date.now()
    for (const [token, { expires }] of this.#given)
      if (expires <= now || this.#given.size >= MOST) this.#given.delete(token)
  }
}

const denied = (message: string) => new PtylineError("denied", message)
