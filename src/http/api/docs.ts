// API reference at /docs: the OpenAPI document as one HTML page without scripts.

type Json = Record<string, unknown>
type Item = {
  operationId: string
  summary: string
  description?: string
  parameters?: Json[]
  requestBody?: Json
  responses: Record<string, Json>
}
type Schema = {
  type?: string
  properties?: Record<string, Schema>
  required?: string[]
  description?: string
  enum?: unknown[]
  default?: unknown
  anyOf?: Schema[]
  items?: Schema
}

export const DOCS_CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"

export function docsPage(document: Json): string {
  const { info, paths } = document as { info: Json; paths: Record<string, Record<string, Item>> }
  const items = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, item]) => ({ path, method: method.toUpperCase(), item })),
  )
  const nav = items
    .map(({ item }) => `<li><a href="#${text(item.operationId)}">${text(item.operationId)}</a>`)
    .join("")
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>ptyline API</title><link rel="stylesheet" href="/docs.css">
<header><h1>ptyline API</h1><p>Version ${text(info.version)}. ${text(info.description)}
<p>For programs: <a href="/openapi.json">/openapi.json</a>. Send
<code>Authorization: Bearer &lt;token&gt;</code>.</header>
<nav aria-label="operations"><ul>${nav}</ul></nav><main>${items.map(section).join("\n")}</main></html>`
}

function section({ path, method, item }: { path: string; method: string; item: Item }): string {
  const body = schemaIn(item.requestBody)
  const responses = Object.entries(item.responses).filter(([status]) => status !== "default")
  return `<section id="${text(item.operationId)}"><h2>${text(item.summary)}</h2>
<p class="call"><b>${method}</b> <code>${text(path)}</code></p>${item.description ? `<p>${text(item.description)}` : ""}
${parameterTable(item.parameters ?? [])}${body ? fieldTable("Body", body) : ""}
${responses.map(([status, response]) => responsePart(status, response)).join("")}</section>`
}

function responsePart(status: string, response: Json): string {
  const schema = schemaIn(response)
  return schema?.properties
    ? fieldTable(`Response ${status}`, schema)
    : `<p>Response ${text(status)}: ${text(response.description)}`
}

function schemaIn(item: Json | undefined): Schema | null {
  const content = (item?.content ?? {}) as Record<string, { schema: Schema }>
  return content["application/json"]?.schema ?? null
}

const parameterTable = (parameters: Json[]): string =>
  table(
    "Parameters",
    parameters.map(p => row(`${p.name}`, p.schema as Schema, p.required === true)),
  )

const fieldTable = (title: string, schema: Schema): string =>
  table(
    title,
    Object.entries(schema.properties ?? {}).map(([name, field]) =>
      row(name, field, schema.required?.includes(name) ?? false),
    ),
  )

function table(title: string, rows: string[]): string {
  return rows.length === 0 ? "" : `<table><caption>${text(title)}</caption>${rows.join("")}</table>`
}

function row(name: string, schema: Schema, required: boolean): string {
  const notes = [
    schema.description,
    schema.default === undefined ? "" : `default ${JSON.stringify(schema.default)}`,
  ]
  return `<tr><th><code>${text(name)}</code>${required ? " <b>required</b>" : ""}<td>${text(typeText(schema))}<td>${text(notes.filter(Boolean).join("; "))}`
}

function typeText(schema: Schema): string {
  if (schema.enum) return schema.enum.join(" | ")
  if (schema.anyOf) return schema.anyOf.map(typeText).join(" | ")
  if (schema.items) return `${typeText(schema.items)}[]`
  if (schema.properties) return `{ ${Object.keys(schema.properties).join(", ")} }`
  return schema.type ?? "any"
}

const text = (value: unknown): string =>
  String(value ?? "").replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)

export const DOCS_CSS = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{margin:0 auto;max-width:64rem;padding:2rem 1rem}code{font-family:ui-monospace,monospace;font-size:.9em}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;list-style:none}
section{border-top:1px solid color-mix(in srgb,currentColor 20%,transparent);padding:1rem 0}
h1,h2{line-height:1.2}h2{font-size:1.1rem;margin:.5rem 0}.call{font-size:1.05rem}
table{border-collapse:collapse;width:100%;margin:.75rem 0;font-size:.9rem}caption{text-align:left;font-weight:600}
th,td{text-align:left;vertical-align:top;padding:.2rem .75rem .2rem 0;font-weight:400}th{white-space:nowrap}
th b{font-size:.75rem}tr+tr{border-top:1px solid color-mix(in srgb,currentColor 12%,transparent)}
`
