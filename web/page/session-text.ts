// How the page says things about sessions: names, commands, states, ages. Pure functions.

import type { ExitStatus, Size } from "../../src/core/session/backend.ts"
import type { SessionInfo } from "../../src/ops/shapes.ts"
import { hasEnded } from "../api/sessions.ts"

/** What a session is called: its name, else its title, else its command. */
export const labelText = (info: SessionInfo): string => info.name || info.title || commandText(info)

/** The command as a person would type it; a command that was given to a shell is shown without the shell. */
export function commandText({ argv }: SessionInfo): string {
  const [program = "", flag = "", script] = argv
  if (argv.length === 3 && script && /^-l?c$/.test(flag)) return script
  return [program.split("/").at(-1) ?? program, ...argv.slice(1)].map(quoted).join(" ")
}

/** What a session does besides its label: its title or its command, whichever the label is not. */
export function detailText(info: SessionInfo): string {
  const label = labelText(info)
  return [info.title, commandText(info)].find(text => text && text !== label) ?? info.cwd
}

/** "running", "exited with 3", "ended by SIGTERM", "lost". */
export function stateText(info: SessionInfo): string {
  if (info.lost) return "lost: its process vanished"
  return hasEnded(info) ? exitText(info.exit) : "running"
}

export function exitText(exit: ExitStatus | null): string {
  if (exit?.signal) return `ended by ${exit.signal}`
  return exit?.code === null || exit?.code === undefined ? "ended" : `exited with ${exit.code}`
}

/** The colour of a state; the words beside it say the same. */
export function toneOf(info: SessionInfo): "running" | "done" | "failed" {
  if (!hasEnded(info)) return "running"
  return info.exit?.code === 0 ? "done" : "failed"
}

export const sizeText = (size: Size): string => `${size.cols}×${size.rows}`
export const viewersText = (count: number): string => (count === 1 ? "1 viewer" : `${count} viewers`)

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
] as const

/** "now", "4 min", "3 h", "2 d". */
export function ageText(created: string, now = Date.now()): string {
  const seconds = (now - Date.parse(created)) / 1_000
  const unit = UNITS.find(([, length]) => seconds >= length)
  return unit ? `${Math.floor(seconds / unit[1])} ${unit[0]}` : "now"
}

/** "812 bytes", "12 KiB", "3.4 MiB". */
export function bytesText(count: number): string {
  if (count < 1_024) return count === 1 ? "1 byte" : `${count} bytes`
  const kib = count / 1_024
  return kib < 1_024 ? `${Math.round(kib)} KiB` : `${(kib / 1_024).toFixed(1)} MiB`
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
