// Calls of the native API that benchmarks make, and the start of their helper programs.

import { join } from "node:path"
import type { Server } from "./server.ts"

export type Created = { id: string; pid: number }

/** Starts a session. A string is a command line for sh. */
export async function create(
  server: Server,
  command: string | string[],
  wishes: Record<string, unknown> = {},
): Promise<Created> {
  const argv = typeof command === "string" ? ["/bin/sh", "-c", command] : command
  const response = await fetch(`${server.origin}/v1/sessions`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ argv, ...wishes }),
  })
  if (!response.ok) throw new Error(`create: ${response.status} ${await response.text()}`)
  return (await response.json()) as Created
}

export async function end(server: Server, { id }: Created, graceMs = 0): Promise<void> {
  const response = await fetch(`${server.origin}/v1/sessions/${id}?grace_ms=${graceMs}`, { method: "DELETE" })
  if (!response.ok) throw new Error(`end: ${response.status} ${await response.text()}`)
  await response.text()
}

/** Bytes that the session has printed. */
export async function printed(server: Server, { id }: Created): Promise<number> {
  const response = await fetch(`${server.origin}/v1/sessions/${id}`)
  return ((await response.json()) as { log: { end: number } }).log.end
}

/** Runs a program of `programs/` and returns the JSON that it prints. */
export async function helper<T>(name: string, ...args: (string | number)[]): Promise<T> {
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, "../programs", name), ...args.map(String)],
    {
      stdout: "pipe",
      stderr: "inherit",
    },
  )
  const text = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error(`${name} ${args.join(" ")} failed`)
  return JSON.parse(text) as T
}
