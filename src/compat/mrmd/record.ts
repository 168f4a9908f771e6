// What a terminal is called and remembered by: the record that mrmd's clients see (contract mrmd-pty, 2.2), its names, ids and times.

/** What a client may say of a terminal it asks for; null where it says nothing. */
export type TerminalRequest = {
  name: string | null
  cwd: string | null
  venv: string | null
  shell: string | null
  file_path: string | null
}

/** Times are milliseconds since 1970, with fractions. */
export type StoredTerminal = Omit<TerminalRequest, "name" | "cwd"> & {
  session_id: string
  name: string
  cwd: string
  created_at: number
  last_activity: number
}

/** A record on the wire: times are local, ISO 8601, microseconds, no zone. */
export type TerminalRecord = Omit<StoredTerminal, "created_at" | "last_activity"> & {
  created_at: string
  last_activity: string
}

/** Exactly the eight keys of the contract. */
export const toRecord = (facts: StoredTerminal): TerminalRecord => ({
  session_id: facts.session_id,
  name: facts.name,
  cwd: facts.cwd,
  venv: facts.venv,
  shell: facts.shell,
  created_at: localTime(facts.created_at),
  last_activity: localTime(facts.last_activity),
  file_path: facts.file_path,
})

/** Now, to the microsecond: two inputs within a millisecond must differ in `last_activity`. */
export const now = (): number => performance.timeOrigin + performance.now()

function localTime(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000)
  const micros = Math.floor((ms - Math.floor(ms)) * 1000)
  return `${local.toISOString().slice(0, 23)}${String(micros).padStart(3, "0")}`
}

/** `main` if nobody is called that, else the lowest free `term-N` from 2 on. */
export function freeName(taken: Set<string>): string {
  if (!taken.has("main")) return "main"
  for (let n = 2; ; n++) if (!taken.has(`term-${n}`)) return `term-${n}`
}

/** Eight lowercase hex digits that `taken` does not know. */
export function freeId(taken: (id: string) => boolean): string {
  for (;;) {
    const id = crypto.randomUUID().slice(0, 8)
    if (!taken(id)) return id
  }
}

/** The request among some fields: text that is not empty; whatever else a field holds counts as nothing said. */
export function terminalRequest(fields: Record<string, unknown>): TerminalRequest {
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null)
  return {
    name: text(fields.name),
    cwd: text(fields.cwd),
    venv: text(fields.venv),
    shell: text(fields.shell),
    file_path: text(fields.file_path),
  }
}
