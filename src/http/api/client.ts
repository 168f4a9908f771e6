// The typed client: operations on a server elsewhere; the mirror of routes.ts.

import { type ErrorCode, PtylineError } from "../../core/lib/errors.ts"
import type { Call } from "../../ops/local.ts"
import { type OperationPath, PATHS } from "../../ops/paths.ts"
import type { ErrorBody } from "../../ops/shapes.ts"

export type ClientOptions = {
  token?: string
  /** Replaces the global fetch; gives the CLI its way through a Unix socket. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>
  signal?: AbortSignal
}

/** Calls the server at `url`, which may have a path before its own ones. Rejects with the server's own error, or `unavailable` when there is none. */
export function httpCall(url: string, options: ClientOptions = {}): Call {
  return async (name, input) => {
    const place = PATHS[name]
    const response = await send(options, request(url, place, input as Record<string, unknown>, options))
    if (response.ok && place.streamed) return piecesOf(response) as never
    const body = await bodyOf(response)
    if (!response.ok) throw failureOf(response.status, body)
    return body as never
  }
}

/** JSON as what it says, other text as text. */
export async function bodyOf(response: Response): Promise<unknown> {
  const isJson = /^application\/json\b/.test(response.headers.get("content-type") ?? "")
  return isJson ? response.json().catch(() => null) : response.text()
}

/** An answer that comes piece by piece. Fails with `unavailable` when the server breaks it off. */
async function* piecesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  // by a reader: not every browser lets a stream be iterated
  const reader = response.body!.getReader()
  const broken = (error: Error) => {
    throw new PtylineError("unavailable", `the server broke off its answer: ${error.message}`)
  }
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(broken)
      if (done) return
      yield decoder.decode(value, { stream: true })
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

function request(
  base: string,
  { method, path: pattern }: OperationPath,
  input: Record<string, unknown>,
  { token, signal }: ClientOptions,
): [string, RequestInit] {
  const rest = { ...input }
  const path = pattern.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(rest[name])
    delete rest[name]
    return encodeURIComponent(value)
  })
  const url = under(base, path)
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {}
  if (method === "GET" || method === "DELETE") {
    for (const [name, value] of Object.entries(rest))
      if (value !== undefined) url.searchParams.set(name, String(value))
    return [url.href, { method, headers, signal }]
  }
  headers["Content-Type"] = "application/json"
  return [url.href, { method, headers, signal, body: JSON.stringify(rest) }]
}

/** A path of the server that is at `base`. */
export const under = (base: string, path: string): URL => new URL(base.replace(/\/*$/, "") + path)

/** The answer to a request. Rejects with `unavailable` when there is none. */
export async function send(
  { fetch: ours, signal }: ClientOptions,
  [url, init]: [string, RequestInit],
): Promise<Response> {
  try {
    return await (ours ?? fetch)(url, init)
  } catch (error) {
    if (signal?.aborted) throw error
    const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    const why = /CERT|ISSUER/.test(code)
      ? `${code} (NODE_EXTRA_CA_CERTS=cert.pem trusts a certificate)`
      : code
    throw new PtylineError("unavailable", `no answer from ${new URL(url).origin}: ${why}`, {
      tried: [new URL(url).origin],
    })
  }
}

/** The server's own words for what went wrong. */
export function failureOf(status: number, body: unknown): PtylineError {
  const error = (body as ErrorBody | null)?.error
  if (!error?.code)
    return new PtylineError("unavailable", `the server answered ${status} and nothing that explains it`)
  return new PtylineError(error.code as ErrorCode, error.message, error.details)
}
