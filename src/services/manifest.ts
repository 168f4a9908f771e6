// Reads `plugins/manifest.json`: programs of the data directory to run beside the server (contract mop 2.7).

import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { PtylineError } from "../core/lib/errors.ts"

/** Parts of the server that a manifest may list, as MOP's does. */
const BUILT_IN = ["attic", "mat"]

/** MOP's entries lack `enabled`, and some misspell `acronym`. It and `dependencies` have no effect. */
const Entry = z.looseObject({
  location: z.string().min(1),
  acronym: z.string().optional(),
  dependencies: z.array(z.string()).default([]),
  runtime: z.string().min(1),
  supports: z.array(z.string()).default([]),
  core: z.boolean().default(false),
  enabled: z.boolean().default(true),
  port: z.int().min(1).max(65535).nullable().default(null),
  role: z.string().default(""),
})

const Manifest = z.record(z.string().regex(/^[\w.-]{1,64}$/), Entry)

export type Plugin = Pick<z.infer<typeof Entry>, "location" | "runtime" | "core" | "port" | "role"> & {
  name: string
  ssl: boolean
}

/** Returns the enabled plugins. Throws `invalid_input` with the file and the field of an invalid manifest. */
export function readManifest(data: string): Plugin[] {
  const path = join(data, "plugins", "manifest.json")
  if (!existsSync(path)) return []
  const parsed = Manifest.safeParse(readJson(path))
  if (!parsed.success)
    throw invalidManifest(path, issueField(parsed.error), parsed.error.issues[0]?.message ?? "")
  return Object.entries(parsed.data)
    .filter(([name, { enabled }]) => enabled && !BUILT_IN.includes(name))
    .map(([name, entry]) => pluginOf(name, entry))
}

function pluginOf(name: string, entry: z.infer<typeof Entry>): Plugin {
  const { location, runtime, core, port, role, supports } = entry
  return { name, location, runtime, core, port, role, ssl: supports.includes("ssl") }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"))
  } catch (error) {
    throw invalidManifest(path, "the file", (error as Error).message)
  }
}

const issueField = (error: z.ZodError): string => error.issues[0]?.path.map(String).join(".") || "the file"

const invalidManifest = (path: string, field: string, why: string): PtylineError =>
  new PtylineError("invalid_input", `${path}: ${field}: ${why}`, { path, field })
