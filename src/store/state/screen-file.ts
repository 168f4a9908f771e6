// The last drawn screen of a session, stored beside its log, so that the next server need not draw it again.

import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Snapshot } from "../../core/log/archive.ts"
import { seal, unseal } from "../secrets/seal.ts"
import { replaceFile } from "./files.ts"

const SCREEN = "screen"

/** Replaces the file. Throws the system's error and keeps the old file if it fails. */
export function writeScreen(directory: string, key: Uint8Array, screen: Snapshot): void {
  const plain = new TextEncoder().encode(JSON.stringify(screen))
  replaceFile(join(directory, SCREEN), seal(key, SCREEN, plain))
}

/** Returns null if the file is missing or damaged; the screen is then drawn from the log. */
export async function readScreen(directory: string, key: Uint8Array): Promise<Snapshot | null> {
  const sealed = await readFile(join(directory, SCREEN)).catch(() => null)
  const plain = sealed && unseal(key, SCREEN, sealed)
  return plain && (JSON.parse(new TextDecoder().decode(plain)) as Snapshot)
}
