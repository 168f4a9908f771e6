// Checks of flag values: command lines, directories, origins, certificates. Errors contain the value.

import { readFileSync, statSync } from "node:fs"
import { resolve } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { assertUsable } from "../../store/secrets/certificates.ts"
import { UsageError } from "../lib/flags.ts"
import { splitWords } from "../lib/words.ts"

export function commandWords(line: string): string[] {
  const words = splitWords(line)
  if (words.length === 0) throw new UsageError("--cmd is empty; give a program")
  return words
}

export function directoryOf(path: string): string {
  const absolute = resolve(path)
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) return absolute
  throw new PtylineError("unavailable", `--cwd is not a directory: ${absolute}`)
}

export function originOf(text: string): string {
  if (URL.canParse(text) && new URL(text).origin === text) return text
  throw new UsageError(
    `--allow-origin takes an origin such as https://example.org, got ${JSON.stringify(text)}`,
  )
}

export function tlsOf(
  cert: string | undefined,
  key: string | undefined,
): { cert: string; key: string } | undefined {
  if (!cert && !key) return undefined
  if (!cert || !key) throw new UsageError("--tls-cert and --tls-key must be given together")
  const found = { cert: fileText(cert), key: fileText(key), certPath: cert, keyPath: key }
  assertUsable(found)
  return { cert: found.cert, key: found.key }
}

function fileText(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`)
  }
}
