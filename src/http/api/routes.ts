// HTTP routes of the operation table.

import type { Hono, Context as HonoContext } from "@hono/hono"
import type { z } from "zod"
import type { Principal } from "../../core/access/principal.ts"
import { PtylineError } from "../../core/lib/errors.ts"
import type { Sessions } from "../../core/registry/sessions.ts"
import { admit, confine } from "../../ops/access/authorize.ts"
import { coerce, fieldsOf } from "../../ops/coerce.ts"
import { operations } from "../../ops/index.ts"
import { type Host, isSaved, mediaType, type Operation } from "../../ops/operation.ts"
import { parseInput } from "../../ops/parse.ts"
import type { AppEnv } from "../peer.ts"
import { streamOf } from "../stream/text-stream.ts"

export type PrincipalOf = (c: HonoContext<AppEnv>) => Promise<Principal>

type RouteOptions = {
  sessions: Sessions
  host: Host
  principalOf: PrincipalOf
  /** The page's URL for this caller. */
  baseOf: (c: HonoContext<AppEnv>) => string
}

export function addOperations(
  app: Hono<AppEnv>,
  { sessions, host, principalOf, baseOf }: RouteOptions,
): void {
  for (const op of operations)
    app.on(op.http.method, op.http.path, async c => {
      const principal = await principalOf(c)
      const { access } = principal
      admit(op, { access, principal })
      const asked = parseInput(op.input, await inputOf(c, op))
      c.env.peer.stayOpen()
      const gone = new AbortController()
      const ends = [c.req.raw.signal, gone.signal, principal.gone].filter(signal => signal !== null)
      const context = { sessions, host, access, principal, base: baseOf(c), signal: AbortSignal.any(ends) }
      const input = confine(op, context, asked)
      const output = await op.run(context, input)
      if (principal.gone?.aborted) throw new PtylineError("unauthorized", "this token was revoked")
      const status = (op.http.status ?? 200) as 200
      const type = mediaType(op, input)
      if (!type) return c.json(output, status)
      const body = op.http.media?.streamed ? await streamOf(output as AsyncIterable<string>, gone) : output
      return c.body(body as string, status, mediaHeaders(type, isSaved(op, input)))
    })
}

/** A browser must save a program's output, not show it: shown, it would run with this origin. */
const mediaHeaders = (type: string, saved: boolean): Record<string, string> => ({
  "Content-Type": type,
  "X-Accel-Buffering": "no",
  ...(saved && { "Content-Disposition": "attachment" }),
})

/**
 * Reads the input from the path and, by method, from the query (GET), query and body (DELETE) or body alone:
 * a link must not start or type anything. Throws `invalid_input` for a misplaced field.
 */
async function inputOf(c: HonoContext<AppEnv>, op: Operation): Promise<Record<string, unknown>> {
  const query = queryOf(c, op.input)
  const [inQuery] = Object.keys(query)
  if ((op.http.method === "POST" || op.http.method === "PATCH") && inQuery !== undefined)
    throw misplaced(inQuery, "belongs in the body, not in the URL")
  const body = await jsonBody(c)
  const path = c.req.param()
  for (const name of Object.keys(path)) if (Object.hasOwn(body, name)) throw misplaced(name, "is in the path")
  return { ...query, ...body, ...path }
}

/** The query's values, converted to the types that `schema` expects. */
export function queryOf(c: HonoContext<AppEnv>, schema: z.ZodObject): Record<string, unknown> {
  const fields = fieldsOf(schema)
  const values = Object.entries(c.req.query())
  return Object.fromEntries(values.map(([name, value]) => [name, coerce(fields[name], value)]))
}

const misplaced = (name: string, where: string): PtylineError =>
  new PtylineError("invalid_input", `field ${JSON.stringify(name)} ${where}`, { field: name })

/** The JSON object in the body; empty without a body. Throws `unsupported_media_type` or `invalid_input`. */
export async function jsonBody(c: HonoContext<AppEnv>): Promise<Record<string, unknown>> {
  if (c.req.method === "GET" || c.req.method === "HEAD") return {}
  const text = await c.req.text()
  const type = (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase()
  if (text === "" && type === "") return {}
  if (type !== "application/json")
    throw new PtylineError(
      "unsupported_media_type",
      `the body must be application/json, got ${JSON.stringify(type)}`,
    )
  const body = text === "" ? {} : parseJson(text)
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new PtylineError("invalid_input", "the body must be a JSON object")
  return body as Record<string, unknown>
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new PtylineError("invalid_input", `invalid JSON body: ${JSON.stringify(text.slice(0, 80))}`)
  }
}
