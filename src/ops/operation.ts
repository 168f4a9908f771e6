// What an operation is: a plain record that HTTP, OpenAPI, the CLI, the typed client and MCP each read for themselves.

import type { z } from "zod"
import type { Access, Principal } from "../core/access/principal.ts"
import type { Sessions } from "../core/registry/sessions.ts"

/** What the server knows besides its sessions, for operations that report or need it. */
export interface Host {
  facts(): ServerFacts
  issueTicket(
    sessionId: string,
    mode: "view" | "control",
    principal?: Principal,
  ): { ticket: string; expires_at: string }
}

export type ServerFacts = {
  version: string
  pid: number
  started_at: string
  cmd: string[]
  cwd: string
  backends: { kind: string; available: boolean; default: boolean; why?: string }[]
  /** Programs that run beside the server; none where nobody starts any. */
  plugins?: PluginFacts[]
}

export type PluginFacts = {
  name: string
  role: string
  state: "starting" | "running" | "waiting" | "stopped"
  core: boolean
  pid: number | null
  port: number | null
  restarts: number
  reason: string | null
  log: string[]
}

/** What an operation runs with. `signal` aborts when the caller went away. */
export type Context = {
  sessions: Sessions
  host: Host
  access: Access
  signal: AbortSignal
  /** Who asks, where that is known; a caller nobody knows is no person and not the owner. */
  principal?: Principal
  /** Where the caller reaches the page, without a slash at the end. */
  base?: string
}

type Shape = z.ZodObject
export type Method = "GET" | "POST" | "PATCH" | "DELETE"

/** The operation as a shell command: its name, which inputs are plain words, and how the answer reads for people. */
export type Cli<O> = {
  name: string
  words?: string[]
  rest?: string
  /** The operation that does the same to all sessions: flag --all. */
  all?: string
  print?: (output: O) => string | Uint8Array
  /** Where a program's own bytes are the answer: how the shell asks for them and takes them out, unless told otherwise. */
  raw?: Raw<O>
  exit?: (output: O) => number
  /** Flags that stand for inputs: --svg for --format svg. */
  short?: Record<string, { description: string; input: Record<string, unknown> }>
  /** Are its lines cut where the terminal ends? */
  fits?: true
  /** The answer may go into a file, which `--output` names. */
  file?: true
  /** For its help: paragraphs, lines that work with what they do, exit codes of its own. */
  about?: string[]
  examples?: [line: string, what: string][]
  codes?: [code: string, meaning: string][]
  /** What the caller must know besides the answer, for stderr. */
  note?: (output: O) => string | null
}

export type Raw<O> = {
  when: (input: Record<string, unknown>) => boolean
  input: Record<string, unknown>
  print: (output: O) => Uint8Array
}

/**
 * Answers that are text of another kind than JSON: the kind that each value of one input field asks for. `streamed`: the
 * answer is an AsyncIterable of pieces. `saved`: values whose answer a browser must not show but save.
 */
export type Media = {
  field: string
  types: Record<string, string>
  streamed?: true
  saved?: string[]
}

/** The kind of text that this input is answered with; null for JSON. */
export const mediaType = ({ http: { media } }: Operation, input: Record<string, unknown>): string | null =>
  media?.types[String(input[media.field])] ?? null

/** Is the answer to this input one that a browser saves? */
export const isSaved = ({ http: { media } }: Operation, input: Record<string, unknown>): boolean =>
  media?.saved?.includes(String(input[media.field])) ?? false

export interface Operation<I extends Shape = Shape, O extends z.ZodType = z.ZodType> {
  name: string
  summary: string
  access: Access
  /** Not for everybody with that access: for a person alone, or for the server's owner and no token that was given away. */
  by?: "person" | "owner"
  /** The input field that names the session, for operations that the holder of a share of it may have. */
  session?: "id" | "session_id"
  input: I
  output: O
  http: { method: Method; path: string; status?: number; media?: Media }
  cli?: Cli<z.output<O>>
  run(context: Context, input: z.output<I>): z.input<O> | Promise<z.input<O>>
}

/** Keeps the types of one operation together; the table forgets them again. */
export const operation = <const I extends Shape, const O extends z.ZodType>(
  op: Operation<I, O>,
): Operation<I, O> => op
