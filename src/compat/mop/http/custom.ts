// Custom endpoints: programs of the operator that answer on paths of their own (contract mop, 2.6).

import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgsStringToArgv } from "string-argv"
import { z } from "zod"
import { childEnvironment } from "../../../core/access/policy.ts"
import { PtylineError } from "../../../core/lib/errors.ts"
import { MopError } from "../responses.ts"

const FILE = "mop_custom_endpoints.json"
/** A program may take this long, in ms, and print this much, in bytes. */
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

/** Those of the data directory; none without the file. Throws `invalid_input` naming the file and the field. */
export function customEndpoints(directory: string): CustomEndpoint[] {
  const path = join(directory, FILE)
  if (!existsSync(path)) return []
  const wrong = (why: string) => new PtylineError("invalid_input", `${path}: ${why}`)
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, "utf8"))
  } catch (error) {
    throw wrong((error as Error).message)
  }
  const parsed = z.object({ endpoints: z.array(CustomEndpoint) }).safeParse(content)
  if (parsed.success) return parsed.data.endpoints
  const [issue] = parsed.error.issues
  throw wrong(`${issue?.path.join(".")}: ${issue?.message}`)
}

/** The one for a request; a POST without an entry of its own takes a GET one. */
export function matching(endpoints: CustomEndpoint[], method: string, path: string): CustomEndpoint | null {
  const find = (wanted: string) => endpoints.find(e => e.path === path && e.method === wanted) ?? null
  return find(method) ?? (method === "POST" ? find("GET") : null)
}

export type Environment = Record<string, string | undefined>

/** Runs the program with the request's `arguments` and its body on stdin; its one JSON object is the answer. Throws `MopError`. */
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

/** The program's stdout. It runs in a process group of its own, which is ended when it takes too long or prints too much. */
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
    const giveUp = (why: string) => {
      reject(new MopError(500, why))
      // what left the group and still prints must not be kept
      child.stdout.destroy()
      try {
        if (child.pid) process.kill(-child.pid, "SIGKILL")
      } catch {
        // it ended by itself in this moment
      }
    }
    const late = setTimeout(giveUp, TIMEOUT_MS, "Endpoint timed out")
    child.on("error", () => giveUp("Endpoint could not be run"))
    child.on("close", () => {
      clearTimeout(late)
      resolve(Buffer.concat(pieces))
    })
    child.stdout.on("data", (piece: Buffer) => {
      pieces.push(piece)
      length += piece.length
      if (length > MAX_OUTPUT) giveUp("Endpoint printed too much")
    })
    // a program that does not read its stdin is none the worse for it
    child.stdin.on("error", () => {})
    child.stdin.end(input)
  })
}

function responseOf(output: Buffer): Response {
  const { content, status, headers, mime_type } = replyOf(output)
  const text = typeof content === "string" ? content : content == null ? "" : JSON.stringify(content)
  const answer = new Headers(headers ?? {})
  answer.set("Content-Type", mime_type ?? answer.get("Content-Type") ?? "application/octet-stream")
  if (text === "") return new Response(null, { status: 204, headers: answer })
  return new Response(text, { status: status ?? 200, headers: answer })
}

function replyOf(output: Buffer): z.infer<typeof Reply> {
  try {
    return Reply.parse(JSON.parse(output.toString("utf8")))
  } catch {
    throw new MopError(500, "Endpoint did not print a JSON object")
  }
}
