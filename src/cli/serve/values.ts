// What the values of flags must be: command lines, directories, origins, certificates. Whatever is wrong is said with the value.

import { readFileSync, statSync } from "node:fs"
import { resolve } from "node:path"
import { PtylineError } from "../../core/lib/errors.ts"
import { assertUsable } from "../../store/secrets/certificates.ts"
import { UsageError } from "../lib/flags.ts"
import { splitWords } from "../lib/words.ts"

export function commandOf(line: string): string[] {
  const words = splitWords(line)
  if (words.length === 0) throw new UsageError("--cmd names no program")
  return words
}

export function directoryOf(path: string): string {
  const absolute = resolve(path)
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) return absolute
  throw new PtylineError("unavailable", `--cwd is not a directory: ${absolute}`)
}

export function oneOf<T extends string>(name: string, value: string | undefined, choices: T[]): T {
  const choice = choices.find(known => known === value)
  if (choice) return choice
  throw new UsageError(`--${name} must be ${choices.join(" or ")}, got ${JSON.stringify(value)}`)
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
  if (!cert || !key) throw new UsageError("--tls-cert and --tls-key go together")
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
