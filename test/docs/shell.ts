// The shell that runs one page's commands: bash in a home of its own, with ptyline on its PATH.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { program } from "../program.ts"
import { ROOT } from "./markdown.ts"

/** How long one command may take, in ms: far more than it takes on a busy machine. */
const COMMAND_MS = 60_000
/** The addresses that the pages name. Servers under test listen on a free port. */
const ADDRESS = /127\.0\.0\.1:(8000|8765)/g

/** Shells that are not disposed of yet. A test that runs out of time leaves its own here. */
const open = new Set<PageShell>()
let closed = false

/** Disposes of the shells that tests left, with all their processes. No shell opens after that. */
export async function closeShells(): Promise<void> {
  closed = true
  for (const shell of open) await shell.abandon()
}

/** A page's shell. Variables, background jobs, files and sessions stay from one command to the next. */
export class PageShell {
  readonly home = mkdtempSync(join(tmpdir(), "ptyline-docs-"))
  readonly #state = join(this.home, ".local/state/ptyline")
  readonly #bash: Bun.Subprocess<"pipe", "pipe", "inherit">
  readonly #done: AsyncIterator<string>
  #count = 0
  #killed = false

  constructor() {
    if (closed) throw new Error("the tests are over")
    const bin = join(this.home, ".bin")
    mkdirSync(bin)
    writeFileSync(join(bin, "ptyline"), `#!/bin/sh\nexec ${program().join(" ")} "$@"\n`)
    chmodSync(join(bin, "ptyline"), 0o755)
    symlinkSync(process.execPath, join(bin, "bun"))
    mkdirSync(join(this.home, "node_modules"))
    symlinkSync(ROOT, join(this.home, "node_modules/ptyline"))
    this.#bash = Bun.spawn(["bash", "--norc", "--noprofile"], {
      cwd: this.home,
      env: environment(this.home, bin),
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    })
    this.#done = lines(this.#bash.stdout)
    open.add(this)
  }

  /** Writes a file into the directory of the commands. */
  write(name: string, text: string): void {
    writeFileSync(join(this.home, name), `${text}\n`)
  }

  /** Runs one command and returns what it printed, stdout and stderr in their order. */
  async run(command: string): Promise<string> {
    const out = join(this.home, `.out${++this.#count}`)
    const words = quoted(command.replace(ADDRESS, written => this.#address() ?? written))
    this.#bash.stdin.write(`{ eval ${words}; } </dev/null >${out} 2>&1; echo done\n`)
    this.#bash.stdin.flush()
    const ended = await Promise.race([this.#done.next(), Bun.sleep(COMMAND_MS)])
    const printed = readFileSync(out, "utf8")
    if (!ended) return this.#giveUp(`${command}: no end after ${COMMAND_MS} ms; it printed ${printed}`)
    return printed.replaceAll(this.#address() ?? "127.0.0.1:0", "127.0.0.1:8000")
  }

  /** Starts the server that a page asks for. Throws when it ends instead of serving. */
  async serve(command: string): Promise<void> {
    const wait = "until grep -qs http .server.out; do kill -0 $! || break; sleep 0.02; done"
    const printed = await this.run(`${command} >.server.out 2>.server.log & disown; ${wait}; cat .server.log`)
    if (this.#address() === null) throw new Error(`${command} does not serve: ${printed}`)
  }

  /** Returns the host and port of the running server, or null. */
  #address(): string | null {
    const url = recordIn(this.#state)?.url
    return url ? new URL(url).host : null
  }

  /** Kills bash, which may never take another command. */
  #giveUp(reason: string): never {
    this.#kill()
    throw new Error(reason)
  }

  #kill(): void {
    this.#killed = true
    this.#bash.kill("SIGKILL")
  }

  /** Kills bash and everything that it started. */
  async abandon(): Promise<void> {
    this.#kill()
    await this[Symbol.asyncDispose]()
  }

  /** Ends the sessions, the server and bash. Throws when a process of this page is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.#killed) await this.#stopServer()
      this.#bash.stdin.end()
      await this.#bash.exited
      const left = await leftover(this.home)
      if (left.length > 0 && !this.#killed) throw new Error(`processes that a page left: ${left.join("; ")}`)
    } finally {
      open.delete(this)
      rmSync(this.home, { recursive: true, force: true })
    }
  }

  async #stopServer(): Promise<void> {
    const pid = recordIn(this.#state)?.pid
    if (!pid) return
    await this.run(`ptyline end --all; kill ${pid}; while kill -0 ${pid} 2>/dev/null; do sleep 0.02; done`)
  }
}

/** Returns the record of the running server in a state directory, or null. Without a port, `url` is null. */
function recordIn(state: string): { pid: number; url: string | null } | null {
  if (!existsSync(state)) return null
  const directories = [state, ...readdirSync(state).map(name => join(state, name))]
  const found = directories.map(directory => join(directory, "server.json")).find(file => existsSync(file))
  return found ? JSON.parse(readFileSync(found, "utf8")) : null
}

/** The caller's settings do not reach a page's commands, and every server takes a free port. */
function environment(home: string, bin: string): Record<string, string> {
  const { PATH = "/usr/bin:/bin" } = process.env
  const ports = { PTYLINE_PORT: "0", PTYLINE_UI_PORT: "0" }
  return { PATH: `${bin}:${PATH}`, HOME: home, SHELL: "/bin/sh", LANG: "C.UTF-8", USER: "me", ...ports }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ""
  for await (const piece of stream) {
    const parts = (rest + decoder.decode(piece, { stream: true })).split("\n")
    rest = parts.pop()!
    yield* parts
  }
}

/** Kills the processes whose home is `home` after a short wait, and returns their command lines. */
async function leftover(home: string): Promise<string[]> {
  if (process.platform !== "linux") return []
  for (let tries = 0; tries < 100 && owned(home).length > 0; tries++) await Bun.sleep(20)
  return owned(home).map(({ pid, command }) => {
    process.kill(pid, "SIGKILL")
    return command
  })
}

/** Returns the processes that have this home in their environment (proc(5)). */
function owned(home: string): { pid: number; command: string }[] {
  return readdirSync("/proc")
    .filter(name => /^\d+$/.test(name) && readProc(name, "environ").includes(`HOME=${home}\0`))
    .map(name => ({ pid: Number(name), command: readProc(name, "cmdline").replaceAll("\0", " ") }))
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8")
  } catch {
    return "" // it ended, or belongs to another user
  }
}
