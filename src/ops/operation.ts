// The operation record, from which HTTP routes, OpenAPI, CLI commands and the typed client are derived.

import type { z } from "zod"
import type { Access, Principal } from "../core/access/principal.ts"
import type { Sessions } from "../core/registry/sessions.ts"
import type { BackendFacts, PluginFacts } from "./access/server.ts"

/** The server around the sessions, for operations that report on it or issue tickets. */
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
  backends: z.infer<typeof BackendFacts>[]
  /** Programs that run beside the server. */
  plugins?: z.infer<typeof PluginFacts>[]
}

/** The context of one call. `signal` aborts when the caller disconnects. */
export type Context = {
  sessions: Sessions
  host: Host
  access: Access
  signal: AbortSignal
  /** The caller, if known. An unknown caller is neither a person nor the owner. */
  principal?: Principal
  /** The page's address as the caller sees it, without a trailing slash. */
  base?: string
}

type Shape = z.ZodObject
export type Method = "GET" | "POST" | "PATCH" | "DELETE"

/** The operation as a shell command: its name, its positional inputs, and how its output is printed. */
type Cli<O> = {
  name: string
  words?: string[]
  rest?: string
  /** The operation that does the same to all sessions, for the flag --all. */
  all?: string
  print?: (output: O) => string | Uint8Array
  /** How a program's output is requested and printed as raw bytes. */
  raw?: Raw<O>
  exit?: (output: O) => number
  /** Flags that abbreviate inputs: --svg for --format svg. */
  short?: Record<string, { description: string; input: Record<string, unknown> }>
  /** Truncate lines at the terminal's width. */
  fits?: true
  /** The output may be written to a file with `--output`. */
  file?: true
  /** Paragraphs, examples and extra exit codes for the help. */
  about?: string[]
  examples?: [line: string, what: string][]
  codes?: [code: string, meaning: string][]
  /** A note for stderr, printed besides the output. */
  note?: (output: O) => string | null
}

export type Raw<O> = {
  when: (input: Record<string, unknown>) => boolean
  input: Record<string, unknown>
  print: (output: O) => Uint8Array
}

/** `types`: by the value of the input `field`. `streamed`: an AsyncIterable. `saved`: browsers save it. */
export type Media = {
  field: string
  types: Record<string, string>
  streamed?: true
  saved?: string[]
}

/** Returns the media type of the output for this input. Null means JSON. */
export const mediaType = ({ http: { media } }: Operation, input: Record<string, unknown>): string | null =>
  media?.types[String(input[media.field])] ?? null

export const isSaved = ({ http: { media } }: Operation, input: Record<string, unknown>): boolean =>
  media?.saved?.includes(String(input[media.field])) ?? false

export interface Operation<I extends Shape = Shape, O extends z.ZodType = z.ZodType> {
  name: string
  summary: string
  access: Access
  /** A further limit: only for a person, or only for the server's owner and not for issued tokens. */
  by?: "person" | "owner"
  /** The input field that names the session. Only operations with this field are open to shares. */
  session?: "id" | "session_id"
  input: I
  output: O
  http: { method: Method; path: string; status?: number; media?: Media }
  cli?: Cli<z.output<O>>
  run(context: Context, input: z.output<I>): z.input<O> | Promise<z.input<O>>
}

/** Infers the input and output types of one operation. */
export const operation = <const I extends Shape, const O extends z.ZodType>(
  op: Operation<I, O>,
): Operation<I, O> => op
