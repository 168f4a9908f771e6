// A server for a test file, with its own HOME and state directory, on a free port.

import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buildPage } from "../../bin/page.ts"

const ROOT = join(import.meta.dir, "../..")
const START_MS = 15_000

export type TestServer = {
  /** The printed address, with the token in the fragment. */
  url: string
  origin: string
  token: string
  pid: number
  api: <T>(method: string, path: string, body?: unknown) => Promise<T>
  /** Sends SIGTERM without waiting for the exit. */
  stop: () => void
  [Symbol.asyncDispose](): Promise<void>
}

/** Builds the page once per run, then starts `ptyline serve`. */
export async function startServer(...flags: string[]): Promise<TestServer> {
  await built()
  const home = await mkdtemp(join(tmpdir(), "ptyline-web-"))
  const env = {
    PATH: process.env.PATH ?? "",
    SHELL: "/bin/bash",
    LANG: "C.UTF-8",
    HOME: home,
    PTYLINE_STATE_DIR: join(home, "state"),
    PTYLINE_HOLDERS: "false",
  }
  const command = [process.execPath, join(ROOT, "bin/ptyline.ts"), "serve", "--port", "0", ...flags]
  const child = Bun.spawn(command, { cwd: home, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" })
  const output = new Output([child.stdout, child.stderr], !flags.includes("--no-auth"))
  let ending = false
  void child.exited.then(code => {
    if (!ending) console.error(`the server under test exited with ${code}:\n${output.text}`)
  })
  const url = await output.address()
  const { origin, hash } = new URL(url)
  const token = hash.replace("#token=", "")
  return {
    url,
    origin,
    token,
    pid: child.pid,
    api: (method, path, body) => call(origin, token, method, path, body),
    stop() {
      ending = true
      child.kill("SIGTERM")
    },
    async [Symbol.asyncDispose]() {
      ending = true
      child.kill("SIGCONT")
      child.kill("SIGTERM")
      await Promise.race([child.exited, Bun.sleep(3_000)])
      child.kill("SIGKILL")
      await rm(home, { recursive: true, force: true })
    },
  }
}

let building: Promise<void> | null = null

function built(): Promise<void> {
  building ??= buildPage(join(ROOT, "dist/web"))
  return building
}

export const serverExists = (): boolean => existsSync(join(ROOT, "bin/ptyline.ts"))

/** A child's output, always read, so that the child never blocks on a full pipe. */
class Output {
  text = ""
  readonly #address = Promise.withResolvers<string>()
  readonly #wanted: RegExp

  constructor(streams: ReadableStream<Uint8Array<ArrayBuffer>>[], withToken: boolean) {
    this.#wanted = withToken ? /https?:\/\/[^\s"]+#token=[\w.~-]+/ : /https?:\/\/[^\s"]+/
    for (const stream of streams) this.#read(stream).catch(this.#address.reject)
  }

  /** Resolves with the printed address, including the token if there is one. */
  address(): Promise<string> {
    const late = () => this.#address.reject(new Error(`no address within ${START_MS} ms:\n${this.text}`))
    setTimeout(late, START_MS).unref()
    return this.#address.promise
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.text += text
      const match = this.#wanted.exec(this.text)
      if (match) this.#address.resolve(match[0])
    }
  }
}

async function call<T>(
  origin: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
  const response = await fetch(origin + path, {
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`)
  return answer as T
}
