// Server in this process for tests: its own sessions and token, a free port, stopped at the end of the block.

import { tmpdir } from "node:os"
import { backendChooser, backendList } from "../../src/backends/choose.ts"
import { owner } from "../../src/core/access/principal.ts"
import type { Limits } from "../../src/core/lib/limits.ts"
import { Sessions } from "../../src/core/registry/sessions.ts"
import { Auth, newToken } from "../../src/http/access/auth.ts"
import type { GuardOptions } from "../../src/http/access/guard.ts"
import { httpCall } from "../../src/http/api/client.ts"
import { createApp } from "../../src/http/app.ts"
import { listen } from "../../src/http/server.ts"
import { type Call, localCall } from "../../src/ops/local.ts"
import type { HttpListener } from "../../src/runtime/types.ts"

export type TestServerOptions = {
  open?: boolean
  token?: string
  limits?: Partial<Limits>
  guard?: Partial<GuardOptions>
  /** Also listens on this Unix socket. */
  unix?: string
  /** Also listens on this Unix socket as the core of workers. */
  forwarded?: string
}

export class TestServer {
  readonly sessions: Sessions
  readonly token: string
  readonly port: number
  readonly origin: string
  /** Internal errors that the server would log. Empty unless a test causes one. */
  readonly faults: unknown[] = []
  readonly call: Call
  readonly local: Call
  #listeners: HttpListener[]

  constructor({ open = false, token = newToken(), limits, guard, unix, forwarded }: TestServerOptions = {}) {
    this.token = token
    const defaults = { argv: ["/bin/sh"], cwd: tmpdir(), env: process.env as Record<string, string> }
    this.sessions = new Sessions(backendChooser("auto"), defaults, limits)
    const started_at = new Date().toISOString()
    const facts = () => ({
      version: "0.0.0",
      pid: process.pid,
      started_at,
      cmd: defaults.argv,
      cwd: defaults.cwd,
      backends: backendList("auto"),
    })
    const auth = new Auth(open ? null : token, this.sessions.grants)
    const app = createApp({
      sessions: this.sessions,
      auth,
      guard: { allowHosts: [], allowOrigins: [], secure: false, ...guard },
      facts,
      cookieName: () => `ptyline_${this.port}`,
      onError: error => this.faults.push(error),
    })
    this.#listeners = [listen({ hostname: "127.0.0.1", port: 0 }, app.fetch)]
    if (unix) this.#listeners.push(listen({ unix }, app.fetch))
    if (forwarded) this.#listeners.push(listen({ unix: forwarded, forwarded: true }, app.fetch))
    this.port = this.#listeners[0]!.port
    this.origin = `http://127.0.0.1:${this.port}`
    this.call = httpCall(this.origin, { token: this.token })
    const host = { facts, issueTicket: auth.issueTicket.bind(auth) }
    const signal = new AbortController().signal
    const principal = owner(true)
    this.local = localCall({ sessions: this.sessions, host, access: "admin", principal, signal })
  }

  /** Sends a request with the token, and an object as body as JSON. */
  fetch(path: string, init: Omit<RequestInit, "body"> & { body?: unknown } = {}): Promise<Response> {
    const { body, ...rest } = init
    const headers = new Headers(rest.headers)
    if (!headers.has("authorization")) headers.set("authorization", `Bearer ${this.token}`)
    const json = body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array)
    if (json && !headers.has("content-type")) headers.set("content-type", "application/json")
    const sent = json ? JSON.stringify(body) : (body as string | Uint8Array<ArrayBuffer> | undefined)
    return fetch(this.origin + path, { ...rest, headers, body: sent })
  }

  /** Starts `command` with sh, by default on a terminal. Returns the session's id. */
  async start(command: string, more: Record<string, unknown> = {}): Promise<string> {
    const { id } = await this.call("create", { argv: ["/bin/sh", "-c", command], ...more })
    return id
  }

  /** Waits until the session has ended. Returns all of its output. */
  async outputOf(id: string): Promise<string> {
    await this.call("wait", { id, until: { exit: true } })
    return (await this.call("read", { id, max_bytes: 4 << 20 })).data
  }

  async stop(): Promise<void> {
    await this.sessions.close(0)
    await Promise.all(this.#listeners.splice(0).map(listener => listener.stop()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** An HTTP error (contract native, conventions). */
export type Failure = { error: { code: string; message: string; details: Record<string, unknown> } }

/** Status, code and message of a response that must be an error in the contract's shape. */
export async function failureOf(response: Response | Promise<Response>) {
  const answer = await response
  const text = await answer.text()
  const { error, ...rest } = JSON.parse(text) as Failure
  const { code, message, details, ...more } = error
  if (Object.keys({ ...rest, ...more }).length > 0) throw new Error(`more than the contract's shape: ${text}`)
  return { status: answer.status, code, message, details }
}
