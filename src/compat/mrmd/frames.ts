// The client's frames (contract mrmd-pty, 2.1): JSON objects are commands, everything else is raw input.

import { attempt } from "../../core/lib/attempt.ts"
import { copyOf } from "../../core/lib/memory.ts"
import type { Size } from "../../core/session/backend.ts"

/** Null for a frame without effect. */
export type TerminalInput = { type: "input"; data: Uint8Array } | { type: "resize"; size: Size } | null

const utf8 = new TextEncoder()
const MAX_SIZE = 65535

export function parseFrame(frame: string | Uint8Array): TerminalInput {
  // the socket reuses its memory, so input that waits for the shell needs a copy
  if (typeof frame !== "string") return { type: "input", data: copyOf(frame) }
  const fields = objectIn(frame)
  if (!fields) return { type: "input", data: utf8.encode(frame) }
  if (fields.type === "input") return inputOf(fields.data ?? "")
  if (fields.type === "resize") return resizeOf(fields.cols ?? 80, fields.rows ?? 24)
  return null
}

const inputOf = (data: unknown): TerminalInput =>
  typeof data === "string" ? { type: "input", data: utf8.encode(data) } : null

function resizeOf(cols: unknown, rows: unknown): TerminalInput {
  return fits(cols) && fits(rows) ? { type: "resize", size: { cols, rows } } : null
}

const fits = (n: unknown): n is number => Number.isInteger(n) && Number(n) >= 1 && Number(n) <= MAX_SIZE

/** Parses a JSON object. Returns null for other JSON and for invalid JSON. */
export function objectIn(text: string): Record<string, unknown> | null {
  const value = jsonIn(text)
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

/** Parses JSON. Returns undefined for invalid JSON. */
export const jsonIn = (text: string): unknown => attempt(() => JSON.parse(text))
