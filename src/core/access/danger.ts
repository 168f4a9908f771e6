// Dangerous commands: patterns for commands that need a confirmation. A seat belt, not a sandbox.

import { randomBytes } from "node:crypto"
import { PtylineError } from "../lib/errors.ts"

/** RE2 expressions, matched against a command with collapsed white space (contract pty-mcp, 3.8). */
export const DANGEROUS_PATTERNS = [
  // rm, recursive and forced, in any spelling, on an absolute path
  `\\brm\\s(?:[^;&|]*\\s)?(?:-[a-zA-Z]*(?:[rR][a-zA-Z]*f|f[a-zA-Z]*[rR])[a-zA-Z]*|(?:-[a-zA-Z]*[rR]|--recursive)[^;&|]*\\s(?:-[a-zA-Z]*f|--force)|(?:-[a-zA-Z]*f|--force)[^;&|]*\\s(?:-[a-zA-Z]*[rR]|--recursive))[^;&|]*\\s["']?/`,
  "\\bmkfs(?:\\.\\w+)?\\b",
  "\\bdd\\b[^;&|]*\\bif=/dev/zero\\b",
  "\\b(?:shutdown|reboot|poweroff)\\b",
]

export type DangerRule = { pattern: string; matches(command: string): boolean }

export const plainCommand = (command: string): string => command.trim().replace(/\s+/g, " ")

export const dangersOf = (command: string, rules: DangerRule[]): string[] =>
  rules.filter(rule => rule.matches(plainCommand(command))).map(rule => rule.pattern)

/** What a confirmation allows. `owner` and `scope` count only when the confirmation names them. */
type Confirmed = { command: string; owner?: string; scope?: string }
type IssuedConfirmation = Confirmed & { expires: number }

const TOKEN = "dangerous confirmation token"
/** Limit of open confirmations. Drops the oldest first. */
const MAX_OPEN = 1000

export class Confirmations {
  #issued = new Map<string, IssuedConfirmation>()

  /** Returns a token for one start of exactly this command. */
  issue(confirmed: Confirmed, ttlMs: number): { token: string; expiresAt: Date } {
    const token = `dc_${randomBytes(16).toString("hex")}`
    const expires = Date.now() + ttlMs
    this.#dropOld()
    this.#issued.set(token, { ...confirmed, command: plainCommand(confirmed.command), expires })
    return { token, expiresAt: new Date(expires) }
  }

  /** Uses up a token. Call the returned function to restore it when the start failed. Throws `denied`. */
  claim(token: string, wanted: Confirmed): () => void {
    const given = this.#issued.get(token)
    if (!given || given.expires <= Date.now()) throw denied(`invalid or expired ${TOKEN}`)
    if (given.command !== plainCommand(wanted.command)) throw denied(`${TOKEN} does not match command`)
    if (given.owner !== undefined && given.owner !== wanted.owner) throw denied(`${TOKEN} owner mismatch`)
    if (given.scope !== undefined && given.scope !== wanted.scope) throw denied(`${TOKEN} scope mismatch`)
    this.#issued.delete(token)
    return () => void this.#issued.set(token, given)
  }

  #dropOld(): void {
    const now = Date.now()
    for (const [token, { expires }] of this.#issued)
      if (expires <= now || this.#issued.size >= MAX_OPEN) this.#issued.delete(token)
  }
}

const denied = (message: string) => new PtylineError("denied", message)
