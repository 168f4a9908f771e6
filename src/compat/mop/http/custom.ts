// Custom endpoints: the operator's programs that serve their own paths (contract mop, 2.6).

import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgsStringToArgv } from "string-argv"
import { z } from "zod"
import { childEnvironment } from "../../../core/access/policy.ts"
import { attempt } from "../../../core/lib/attempt.ts"
import { PtylineError } from "../../../core/lib/errors.ts"
import { MopError } from "../responses.ts"

const FILE = "mop_custom_endpoints.json"
const TIMEOUT_MS = 30_000
const MAX_OUTPUT = 4 << 20

const CustomEndpoint = z.object({
  name: z.string().min(1),
  method: z.string().transform(method => method.toUpperCase()),
  path: z.string().transform(path => (path.startsWith("/") ? path : `/${path}`)),
  runtime: z.string().min(1),
})
export type CustomEndpoint = z.infer<typeof CustomEndpoint>

const Reply = z.object({
  content: z.unknown().optional(),
  status: z.int().min(200).max(599).nullish(),
  headers: z.record(z.string(), z.coerce.string()).nullish(),
  mime_type: z.string().nullish(),
})

/** Reads a data directory's endpoints, if it has any. Throws `invalid_input` with file and field. */
export function customEndpoints(directory: string): CustomEndpoint[] {
  const path = join(directory, FILE)
  if (!existsSync(path)) return []
  const invalid = (why: string) => new PtylineError("invalid_input", `${path}: ${why}`)
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, "utf8"))
  } catch (error) {
    throw invalid((error as Error).message)
  }
  const parsed = z.object({ endpoints: z.array(CustomEndpoint) }).safeParse(content)
  if (parsed.success) return parsed.data.endpoints
  const [issue] = parsed.error.issues
  throw invalid(`${issue?.path.join(".")}: ${issue?.message}`)
}

/** Returns the endpoint of a request; null without one. A POST falls back to a GET entry. */
export function matching(endpoints: CustomEndpoint[], method: string, path: string): CustomEndpoint | null {
  const find = (name: string) => endpoints.find(e => e.path === path && e.method === name) ?? null
  return find(method) ?? (method === "POST" ? find("GET") : null)
}

export type Environment = Record<string, string | undefined>

/** Returns the JSON object that the program prints. The request's body is its stdin. Throws `MopError`. */
export async function runCustom(
  endpoint: CustomEndpoint,
  body: string,
  directory: string,
  env: Environment,
): Promise<Response> {
  const words = [...parseArgsStringToArgv(endpoint.runtime), ...argumentsOf(body)]
  return responseOf(await outputOf(words, body, directory, env))
}

function argumentsOf(body: string): string[] {
  if (body === "") return []
  try {
    const { arguments: line } = JSON.parse(body)
    return typeof line === "string" ? parseArgsStringToArgv(line) : []
  } catch {
    throw new MopError(400, "Invalid JSON")
  }
}

/** Returns the program's stdout. Kills its process group at the timeout or when it prints too much. */
function outputOf(words: string[], input: string, cwd: string, env: Environment): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(words[0]!, words.slice(1), {
      cwd,
      env: childEnvironment(env, false),
      detached: true,
      stdio: ["pipe", "pipe", "ignore"],
    })
    const pieces: Buffer[] = []
    let length = 0
    const abort = (why: string) => {
      reject(new MopError(500, why))
      // a process that left the group may still print
      child.stdout.destroy()
      // it may have just exited
      attempt(() => child.pid && process.kill(-child.pid, "SIGKILL"))
    }
    const timer = setTimeout(abort, TIMEOUT_MS, "Endpoint timed out")
    child.on("error", () => abort("Endpoint could not be run"))
    child.on("close", () => {
      clearTimeout(timer)
      resolve(Buffer.concat(pieces))
    })
    child.stdout.on("data", (piece: Buffer) => {
      pieces.push(piece)
      length += piece.length
      if (length > MAX_OUTPUT) abort("Endpoint printed too much")
    })
    // a program need not read its stdin
    child.stdin.on("error", () => {})
    child.stdin.end(input)
  })
}

function responseOf(output: Buffer): Response {
  const { content, status, headers, mime_type } = replyOf(output)
  const text = typeof content === "string" ? content : content == null ? "" : JSON.stringify(content)
  const all = new Headers(headers ?? {})
  all.set("Content-Type", mime_type ?? all.get("Content-Type") ?? "application/octet-stream")
  if (text === "") return new Response(null, { status: 204, headers: all })
  return new Response(text, { status: status ?? 200, headers: all })
}

function replyOf(output: Buffer): z.infer<typeof Reply> {
  try {
    return Reply.parse(JSON.parse(output.toString("utf8")))
  } catch {
    throw new MopError(500, "Endpoint did not print a JSON object")
  }
}
