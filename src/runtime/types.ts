// What the program needs from its runtime. `#runtime/name.ts` is bun/name.ts or deno/name.ts (package.json,
// "imports"): both export the same names with these types.

// ffi.ts: functions of native libraries

/** `ptr`: an address, as `ptr` returns it, or null. */
export type NativeType = "i32" | "u32" | "i64" | "u64" | "ptr" | "void"
export type NativeFunctions = Record<
  string,
  { readonly args: readonly NativeType[]; readonly returns: NativeType }
>
type NativeSymbols<Functions extends NativeFunctions> = {
  [Name in keyof Functions]: (
    ...args: (number | bigint | null)[]
  ) => Functions[Name]["returns"] extends "i64" | "u64" ? number | bigint : number
}
/** Throws when the library or one of the functions is missing. */
export type Dlopen = <const Functions extends NativeFunctions>(
  library: string,
  functions: Functions,
) => { symbols: NativeSymbols<Functions> }
/** Returns the address of a view's first byte, or of the one at `offset`. Valid while the view is in use. */
export type AddressOf = (view: ArrayBufferView, offset?: number) => number

// files.ts

/** CRC-32 as in zlib. */
export type Crc32 = (bytes: Uint8Array) => number
/** Reads a piece of a file without blocking the thread; shorter at the end of the file. */
export type ReadSlice = (path: string, from: number, length: number) => Promise<Uint8Array<ArrayBuffer>>

// descriptors.ts: pipes that this process already has open

/** Owns its descriptor. */
export interface DescriptorReader {
  /** Resolves with the next bytes, or null at the end or after `close`. One call at a time. */
  read(): Promise<Uint8Array | null>
  /** Closes the descriptor. Safe to call twice. */
  close(): void
}

/** Owns its descriptor. */
export interface DescriptorWriter {
  /** Resolves when the system has taken all bytes. Rejects when the other side is closed. */
  write(bytes: Uint8Array): Promise<void>
  /** Closes the descriptor after what was written. Safe to call twice. */
  end(): void
}

/** Closes a descriptor that no reader or writer owns, from whichever library it came. */
export type CloseDescriptor = (descriptor: number) => void

// spawn.ts: child processes

export type Program = { argv: readonly string[]; cwd: string; env: Record<string, string> }
/** Exactly one of both is null. */
export type OnExit = (code: number | null, signal: string | null) => void
export type StreamKind = "piped" | "inherited" | "ignored"
export type ChildStreams = { stdin: StreamKind; stdout: StreamKind; stderr: StreamKind }

/** A stream is null unless it is a pipe. */
export interface SpawnedChild {
  readonly pid: number
  readonly stdin: DescriptorWriter | null
  readonly stdout: DescriptorReader | null
  readonly stderr: DescriptorReader | null
}

/** `code` is null for a signal, also for the one that ends the program when its time is over. */
type Finished = { code: number | null; stdout: string; stderr: string }
/** Blocks the thread until the program's end, at most `timeoutMs`. Its input is empty. */
export type RunSync = (program: Program, timeoutMs: number) => Finished

/** Starts a program in a process session of its own. Throws an error with an errno as its `code`. */
export type SpawnChild = (program: Program, streams: ChildStreams, onExit: OnExit) => SpawnedChild

// terminal.ts: programs on terminals

export type TerminalProgram = Program & {
  size: { cols: number; rows: number }
  /** Whether the terminal shows input. */
  echo: boolean
  /** Whether input and output pass unchanged. */
  raw?: boolean
  /** Descriptors that the child gets as 3, 4 and so on. */
  inherited: readonly number[]
}

export type TerminalOptions = {
  /** Whether a flood may get a second thread, which keeps this one responsive. */
  floodWorker: boolean
}

export type TerminalEvents = {
  output(bytes: Uint8Array): void
  /** All processes have closed the terminal, and all output was passed on. */
  end(): void
  exit: OnExit
}

export interface TerminalChild {
  readonly pid: number
  /** c_lflag of termios(3) now. */
  readonly localFlags: number
  /** Resolves when the terminal has taken the bytes, up to 4,095 per call; undefined if it did at once. */
  write(bytes: Uint8Array): Promise<void> | undefined
  resize(size: { cols: number; rows: number }): void
  /** Closes this side. Safe to call twice. */
  close(): void
}

/** Starts a program on a new terminal. Throws an error with an errno as its `code`. */
export type SpawnOnTerminal = (
  program: TerminalProgram,
  events: TerminalEvents,
  options: TerminalOptions,
) => TerminalChild
/** Returns null, or why there are no terminals. */
export type NoTerminals = () => string | null

// database.ts: SQLite

/** Values by position, or by name without a prefix. */
export type SqlValues = readonly (string | number | null)[] | Record<string, string | number | null>

/** Methods throw errors whose `code` is SQLite's name of the result, such as SQLITE_BUSY. */
export interface SqlDatabase {
  run(sql: string, values?: SqlValues): void
  all(sql: string): Record<string, unknown>[]
  transaction(work: () => void): void
  close(): void
}
export type OpenDatabase = (path: string) => SqlDatabase

// worker.ts

/** A worker's script: its source text for a bundled program, and its address otherwise. */
type WorkerScript = { source: string; url: string }
export interface ScriptWorker {
  postMessage(message: unknown): void
  /** Whether the worker keeps this process running, as far as the runtime can say. */
  ref(): void
  unref(): void
}
/** The script may import `#runtime/ffi.ts` and `node:` modules only. */
export type StartWorker = <Event>(script: WorkerScript, onEvent: (event: Event) => void) => ScriptWorker

// wire.ts: Unix sockets with explicit back-pressure

export interface UnixSocket {
  /** Returns how many bytes were taken; the caller sends the rest after `drain`. Negative when closed. */
  write(bytes: Uint8Array): number
  end(): void
  pause(): void
  resume(): void
}

export type UnixSocketEvents = {
  data(bytes: Uint8Array): void
  drain(): void
  close(): void
  error(error: Error): void
}
/** Rejects without a listener. */
export type ConnectUnix = (path: string, events: UnixSocketEvents) => Promise<UnixSocket>
/** Throws when the address is in use. */
export type ListenUnix = (path: string, accept: (socket: UnixSocket) => UnixSocketEvents) => void

// dial.ts: requests to other servers

/** `unix`: the server's Unix socket. `raw`: a compressed body stays compressed. Without a time limit. */
type DialOptions = RequestInit & { unix?: string; raw?: boolean }
export type DialFetch = (url: string, options?: DialOptions) => Promise<Response>
export type DialWebSocket = (
  url: string,
  options: { protocols?: string[]; headers: Record<string, string>; unix?: string },
) => WebSocket

// http.ts: a server for HTTP and WebSockets

export type HttpAddress =
  | {
      hostname: string
      port: number
      tls?: { cert: string; key: string }
      /** Lets other processes of this user listen on the same port. */
      reusePort?: boolean
    }
  | { unix: string }

export interface Socket {
  send(data: string | Uint8Array): void
  /** Bytes that `send` accepted and the system has not taken yet. */
  buffered(): number
  close(code: number, reason: string): void
}

/** `open` is called first, `close` last and once. A handler must not throw. */
export interface SocketHandler {
  open(socket: Socket): void
  message(data: string | Uint8Array): void
  drain(): void
  close(): void
}

/** The connection of one request. */
export interface HttpConnection {
  /** The client's address; null on a Unix socket. */
  readonly address: string | null
  /** Turns the idle timeout off. */
  stayOpen(): void
  /** Upgrades to a WebSocket. Returns null if the request does not ask for one. */
  upgrade(handler: SocketHandler, protocol: string | null): Response | null
  /** Returns what to send in place of the app's response. `listen` calls it, last of all. */
  finish(response: Response): Response
}

type HttpFetch = (request: Request, connection: HttpConnection) => Response | Promise<Response>
export type HttpListener = { port: number; stop(): Promise<void> }
/** Throws an error with an errno as its `code` when the address is in use or not allowed. */
export type Listen = (address: HttpAddress, fetch: HttpFetch) => HttpListener
/** Returns the connection of a request to another app's server, or null if that is not possible. */
export type ConnectionOn = (request: Request, server: unknown) => HttpConnection | null

// self.ts: this program

export interface Self {
  /** Whether this is a compiled executable. */
  readonly standalone: boolean
  /** Returns the command that runs this program. */
  command(): string[]
  /** Frees unused memory now. */
  collectGarbage(): void
  /** Makes `import ... from "name"` in scripts return these exports. */
  provideModule(name: string, exports: Record<string, unknown>): void
}

// turn.ts

/** Lets due timers and sockets run, then goes on as soon as possible. */
export type NextTurn = () => Promise<void>
