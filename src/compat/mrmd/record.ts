// The record of a terminal (contract mrmd-pty, 2.2): its fields, names, ids and times.

/** Times are milliseconds since 1970, with fractions. */
export type StoredTerminal = Omit<TerminalRequest, "name" | "cwd"> & {
  session_id: string
  name: string
  cwd: string
  created_at: number
  last_activity: number
}

/** A record on the wire. Times are local, ISO 8601 with microseconds and no zone. */
export type TerminalRecord = Omit<StoredTerminal, "created_at" | "last_activity"> & {
  created_at: string
  last_activity: string
}

/** Returns exactly the eight keys of the contract. */
export const toRecord = (record: StoredTerminal): TerminalRecord => ({
  session_id: record.session_id,
  name: record.name,
  cwd: record.cwd,
  venv: record.venv,
  shell: record.shell,
  created_at: localTime(record.created_at),
  last_activity: localTime(record.last_activity),
  file_path: record.file_path,
})

/** The time with microseconds: two inputs within a millisecond must differ in `last_activity`. */
export const now = (): number => performance.timeOrigin + performance.now()

function localTime(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000)
  const micros = Math.floor((ms - Math.floor(ms)) * 1000)
  return `${local.toISOString().slice(0, 23)}${String(micros).padStart(3, "0")}`
}

/** Returns `main` if it is free, else the lowest free `term-N`, N ≥ 2. */
export function freeName(used: Set<string>): string {
  if (!used.has("main")) return "main"
  for (let n = 2; ; n++) if (!used.has(`term-${n}`)) return `term-${n}`
}

/** Returns an unused id: eight lowercase hex digits. */
export function freeId(isUsed: (id: string) => boolean): string {
  for (;;) {
    const id = crypto.randomUUID().slice(0, 8)
    if (!isUsed(id)) return id
  }
}

/** Reads the fields that a client may set: non-empty text. Other values count as missing and become null. */
export function terminalRequest(fields: Record<string, unknown>) {
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null)
  return {
    name: text(fields.name),
    cwd: text(fields.cwd),
    venv: text(fields.venv),
    shell: text(fields.shell),
    file_path: text(fields.file_path),
  }
}

export type TerminalRequest = ReturnType<typeof terminalRequest>
