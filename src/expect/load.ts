// Loads a script from a file: YAML, JSON, or TypeScript that exports it as its default or as `script`.

import { readFileSync } from "node:fs"
import { extname, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { parseDocument } from "yaml"
import type { Dialogue } from "./dialogue.ts"
import { checkScript, type Script, ScriptError } from "./script.ts"

/** A TypeScript file may export a function instead of steps. */
type ScriptFunction = (dialogue: Dialogue) => Promise<unknown>
export type LoadedScript = { script: Script } | { run: ScriptFunction }

/** Rejects with `ScriptError` naming the file, the position and the field. */
export async function loadScript(path: string): Promise<LoadedScript> {
  const kind = extname(path)
  if (kind === ".ts" || kind === ".js" || kind === ".mjs") return fromModule(path)
  const text = readText(path)
  return { script: checkScript(kind === ".json" ? json(text, path) : yaml(text, path), path) }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    throw new ScriptError(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function json(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ScriptError(`${path}: ${(error as Error).message}`)
  }
}

function yaml(text: string, path: string): unknown {
  const document = parseDocument(text, { prettyErrors: true })
  const [error] = document.errors
  if (error) throw new ScriptError(`${path}:${error.linePos?.[0].line ?? 1}: ${error.message.split("\n")[0]}`)
  return document.toJS()
}

async function fromModule(path: string): Promise<LoadedScript> {
  readText(path)
  let exported: unknown
  try {
    const module = (await import(pathToFileURL(resolve(path)).href)) as {
      default?: unknown
      script?: unknown
    }
    exported = module.default ?? module.script
  } catch (error) {
    throw new ScriptError(`${path}: ${(error as Error).message}`)
  }
  if (typeof exported === "function") return { run: exported as ScriptFunction }
  return { script: checkScript(exported, path) }
}
