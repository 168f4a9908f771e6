// The last drawn screen of a session, beside its log and under its key: what a next server need not draw again.

import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Snapshot } from "../../core/log/archive.ts"
import { seal, unseal } from "../secrets/seal.ts"
import { replaceFile } from "./files.ts"

const SCREEN = "screen"

/** Replaces the file whole. Throws what the system says when the disk does not take it; the old one stays then. */
export function writeScreen(directory: string, key: Uint8Array, screen: Snapshot): void {
  const plain = new TextEncoder().encode(JSON.stringify(screen))
  replaceFile(join(directory, SCREEN), seal(key, SCREEN, plain))
}

/** Null when there is none, or it is damaged: then the screen is drawn from the log. */
export async function readScreen(directory: string, key: Uint8Array): Promise<Snapshot | null> {
  const sealed = await readFile(join(directory, SCREEN)).catch(() => null)
  const plain = sealed && unseal(key, SCREEN, sealed)
  return plain && (JSON.parse(new TextDecoder().decode(plain)) as Snapshot)
}
