// The operation table as HTTP routes.

import type { Hono, Context as HonoContext } from "@hono/hono"
import { type Access, requireAccess } from "../core/access.ts"
import { PtylineError } from "../core/errors.ts"
import type { Sessions } from "../core/sessions.ts"
import { coerce, fieldsOf } from "../ops/coerce.ts"
import { operations } from "../ops/index.ts"
import type { Host, Operation } from "../ops/operation.ts"
import { parseInput } from "./errors.ts"
import type { Env } from "./peer.ts"

export type AccessOf = (c: HonoContext<Env>) => Promise<Access>

export function addOperations(app: Hono<Env>, sessions: Sessions, host: Host, accessOf: AccessOf): void {
  for (const op of operations)
    app.on(op.http.method, op.http.path, async c => {
      const access = await accessOf(c)
      requireAccess(access, op.access)
      const input = parseInput(op.input, await inputOf(c, op))
      c.env.peer.stayOpen()
      const output = await op.run({ sessions, host, access, signal: c.req.raw.signal }, input)
      return c.json(output, (op.http.status ?? 200) as 200)
    })
}

/** Query, body and path as one flat object; the path wins. */
async function inputOf(c: HonoContext<Env>, op: Operation): Promise<Record<string, unknown>> {
  const fields = fieldsOf(op.input)
  const query = Object.entries(c.req.query()).map(([name, word]) => [name, coerce(fields[name], word)])
  return { ...Object.fromEntries(query), ...(await jsonBody(c)), ...c.req.param() }
}

/** The request's JSON object; empty without a body. Throws `unsupported_media_type` or `invalid_input`. */
export async function jsonBody(c: HonoContext<Env>): Promise<Record<string, unknown>> {
  if (c.req.method === "GET") return {}
  const text = await c.req.text()
  if (text === "") return {}
  const type = (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase()
  if (type !== "application/json")
    throw new PtylineError(
      "unsupported_media_type",
      `the body must be application/json, got ${JSON.stringify(type)}`,
    )
  const body = parseJson(text)
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new PtylineError("invalid_input", "the body must be a JSON object")
  return body as Record<string, unknown>
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new PtylineError("invalid_input", `the body is not JSON: ${JSON.stringify(text.slice(0, 80))}`)
  }
}
