// Payloads of `resize`, `exit` and `marker` frames: JSON, so that later versions can add fields.

import { attempt } from "../../core/lib/attempt.ts"
import type { ExitStatus, Size } from "../../core/session/backend.ts"

const text = new TextDecoder()

const encode = (facts: object): Uint8Array => new TextEncoder().encode(JSON.stringify(facts))

export const encodeSize = ({ cols, rows }: Size): Uint8Array => encode({ cols, rows })
export const encodeExit = ({ code, signal }: ExitStatus): Uint8Array => encode({ code, signal })

/**
 * `relaunch`: another process starts here, the nth after the first. `streams`: how many bytes each stream
 * printed before this point, for a log whose start was trimmed.
 */
type Marker = { relaunch?: number; streams?: StreamEnds }
export type StreamEnds = { stdout: number; stderr: number }

export const encodeMarker = (marker: Marker): Uint8Array => encode(marker)

/** Returns an empty marker for a payload without known fields. */
export function decodeMarker(payload: Uint8Array): Marker {
  const { relaunch, streams } = parse(payload)
  const { stdout, stderr } = (streams ?? {}) as Record<string, unknown>
  return {
    ...(typeof relaunch === "number" && { relaunch }),
    ...(typeof stdout === "number" && typeof stderr === "number" && { streams: { stdout, stderr } }),
  }
}

/** Returns null for an invalid payload. */
export function decodeSize(payload: Uint8Array): Size | null {
  const { cols, rows } = parse(payload)
  return typeof cols === "number" && typeof rows === "number" ? { cols, rows } : null
}

/** Returns null for an invalid payload. */
export function decodeExit(payload: Uint8Array): ExitStatus | null {
  const { code = null, signal = null } = parse(payload)
  if (typeof code === "number" && signal === null) return { code, signal }
  return code === null && typeof signal === "string" ? { code, signal } : null
}

function parse(payload: Uint8Array): Record<string, unknown> {
  const value: unknown = attempt(() => JSON.parse(text.decode(payload)))
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}
}
