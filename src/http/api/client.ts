// Typed client of a remote server's operations: the counterpart of routes.ts.

import { type ErrorCode, PtylineError } from "../../core/lib/errors.ts"
import type { Call } from "../../ops/local.ts"
import { type OperationPath, PATHS } from "../../ops/paths.ts"
import type { ErrorBody } from "../../ops/shapes.ts"

export type ClientOptions = {
  token?: string
  /** Replaces the global fetch; the CLI uses it for Unix sockets. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>
  signal?: AbortSignal
}

/** Returns a `Call` to the server at `url`. It rejects with the server's error, or `unavailable`. */
export function httpCall(url: string, options: ClientOptions = {}): Call {
  return async (name, input) => {
    const path = PATHS[name]
    const response = await send(options, request(url, path, input as Record<string, unknown>, options))
    if (response.ok && path.streamed) return piecesOf(response) as never
    const body = await bodyOf(response)
    if (!response.ok) throw failureOf(response.status, body)
    return body as never
  }
}

/** The body: parsed if it is JSON, else text. Null for malformed JSON. */
export async function bodyOf(response: Response): Promise<unknown> {
  const isJson = /^application\/json\b/.test(response.headers.get("content-type") ?? "")
  return isJson ? response.json().catch(() => null) : response.text()
}

/** The pieces of a streamed response. Throws `unavailable` when the connection breaks. */
async function* piecesOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  // a reader, because not every browser can iterate a stream
  const reader = response.body!.getReader()
  const broken = (error: Error) => {
    throw new PtylineError("unavailable", `the response broke off: ${error.message}`)
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

/** The URL of a path on the server at `base`. */
export const under = (base: string, path: string): URL => new URL(base.replace(/\/*$/, "") + path)

/** Sends a request. Rejects with `unavailable` without a response. */
export async function send(
  { fetch: customFetch, signal }: ClientOptions,
  [url, init]: [string, RequestInit],
): Promise<Response> {
  try {
    return await (customFetch ?? fetch)(url, init)
  } catch (error) {
    if (signal?.aborted) throw error
    const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    const hint = /CERT|ISSUER/.test(code) ? "; to trust a certificate, set NODE_EXTRA_CA_CERTS=cert.pem" : ""
    throw new PtylineError("unavailable", `no response from ${new URL(url).origin}: ${code}${hint}`, {
      tried: [new URL(url).origin],
    })
  }
}

export function failureOf(status: number, body: unknown): PtylineError {
  const error = (body as ErrorBody | null)?.error
  if (!error?.code)
    return new PtylineError("unavailable", `the server responded with status ${status} and no error`)
  return new PtylineError(error.code as ErrorCode, error.message, error.details)
}
