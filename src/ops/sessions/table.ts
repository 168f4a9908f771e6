// Sessions as text for a shell: one line each, or a table.

import type { SessionInfo } from "../shapes.ts"
import { tableOf } from "../text-table.ts"

const COLUMNS = ["ID", "NAME", "STATE", "SIZE", "VIEWERS", "OUTPUT", "COMMAND"]

export const sessionLine = (session: SessionInfo): string =>
  `${session.name ?? session.id}\t${stateText(session)}\n`

export const sessionTable = (sessions: SessionInfo[]): string => tableOf([COLUMNS, ...sessions.map(cells)])

function cells(session: SessionInfo): string[] {
  const { id, name, size, viewers, log, argv } = session
  const command = printable(argv.join(" "))
  return [
    id,
    name ?? "-",
    stateText(session),
    `${size.cols}x${size.rows}`,
    `${viewers}`,
    `${log.end}`,
    command.slice(0, 60),
  ]
}

type Ended = { state: string; lost?: boolean; exit: { code: number | null; signal: string | null } | null }

/** Returns "running", "ended with 3", "ended by SIGKILL", "lost" and the like. */
export function stateText({ state, lost, exit }: Ended): string {
  if (lost) return "lost"
  if (!exit) return state
  return exit.signal ? `ended by ${exit.signal}` : `ended with ${exit.code}`
}

/** Replaces control characters, which must not reach a terminal. */
export const printable = (text: string): string => text.replace(/\p{Cc}+/gu, " ")
