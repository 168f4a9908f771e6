// A script from its file: YAML, JSON, or TypeScript that exports one, as its default or by the name `script`.

import { readFileSync } from "node:fs"
import { extname, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { parseDocument } from "yaml"
import type { Dialogue } from "./dialogue.ts"
import { checkScript, type Script, ScriptError } from "./script.ts"

/** A TypeScript script may be a function that talks by itself. */
export type Talk = (dialogue: Dialogue) => Promise<unknown>
export type Loaded = { script: Script } | { talk: Talk }

/** Rejects with `ScriptError` naming file, place and field. */
export async function loadScript(path: string): Promise<Loaded> {
  const kind = extname(path)
  if (kind === ".ts" || kind === ".js" || kind === ".mjs") return fromModule(path)
  const text = textOf(path)
  return { script: checkScript(kind === ".json" ? json(text, path) : yaml(text, path), path) }
}

function textOf(path: string): string {
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

async function fromModule(path: string): Promise<Loaded> {
  textOf(path)
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
  if (typeof exported === "function") return { talk: exported as Talk }
  return { script: checkScript(exported, path) }
}
