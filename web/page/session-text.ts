// Sessions as text: labels, commands, states, ages. Pure functions.

import type { ExitStatus, Size } from "../../src/core/session/backend.ts"
import type { SessionInfo } from "../../src/ops/shapes.ts"
import { hasEnded } from "../api/sessions.ts"

/** Returns a session's name, or else its title, or else its command. */
export const labelText = (info: SessionInfo): string => info.name || info.title || commandText(info)

/** Returns the command as a person types it. For `sh -c` and the like, returns only the script. */
export function commandText({ argv }: SessionInfo): string {
  const [program = "", flag = "", script] = argv
  if (argv.length === 3 && script && /^-l?c$/.test(flag)) return script
  return [program.split("/").at(-1) ?? program, ...argv.slice(1)].map(quoted).join(" ")
}

/** Returns the title or the command, whichever the label does not show, or else the directory. */
export function detailText(info: SessionInfo): string {
  const label = labelText(info)
  return [info.title, commandText(info)].find(text => text && text !== label) ?? info.cwd
}

/** Returns "running", "exited with 3", "ended by SIGTERM" and the like. */
export function stateText(info: SessionInfo): string {
  if (info.lost) return "lost: its process vanished"
  return hasEnded(info) ? exitText(info.exit) : "running"
}

export function exitText(exit: ExitStatus | null): string {
  if (exit?.signal) return `ended by ${exit.signal}`
  return exit?.code === null || exit?.code === undefined ? "ended" : `exited with ${exit.code}`
}

/** Returns the colour class of a state. The state is also shown as text. */
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

/** Returns "now", "4 min", "3 h", "2 d" and the like. */
export function ageText(created: string, now = Date.now()): string {
  const seconds = (now - Date.parse(created)) / 1_000
  const unit = UNITS.find(([, length]) => seconds >= length)
  return unit ? `${Math.floor(seconds / unit[1])} ${unit[0]}` : "now"
}

/** Returns "812 bytes", "12 KiB", "3.4 MiB" and the like. */
export function bytesText(count: number): string {
  if (count < 1_024) return count === 1 ? "1 byte" : `${count} bytes`
  const kib = count / 1_024
  return kib < 1_024 ? `${Math.round(kib)} KiB` : `${(kib / 1_024).toFixed(1)} MiB`
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
