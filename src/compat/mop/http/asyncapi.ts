// The AsyncAPI document of MOP's socket and event stream, as YAML and as a page (contract mop, 2.5).

import { stringify } from "yaml"
import type { Json } from "../responses.ts"
import { API_LEVEL } from "./endpoints.ts"

const strings = (...names: string[]): Json =>
  Object.fromEntries(names.map(name => [name, { type: "string" }]))

const OUTPUT = {
  summary: "Output: retained output first, then new output. With RAW_ANSI each string is Base64",
  payload: { type: "object", properties: strings("stdout", "stderr"), required: ["stdout", "stderr"] },
}
const INPUT = {
  summary: "Input. Base64 with B64_STDIN; without STREAM_STDIN a newline is added",
  payload: {
    type: "object",
    properties: { ...strings("stdin"), newline: { type: "boolean", default: false } },
    required: ["stdin"],
  },
}
const PROBLEM = {
  summary: "Why a frame was not typed; the socket stays open",
  payload: {
    type: "object",
    properties: {
      ...strings("status"),
      code: { const: 1 },
      http_status_code: { enum: [400, 404, 410, 500] },
    },
  },
}

const CLOSES: Record<number, string> = {
  1000: "the session was ended",
  1008: "a frame was not a JSON object with a string stdin; with --rate-limit also more than 50 frames a second",
  1011: "no public session runs (alias Public only)",
}
const closes = Object.entries(CLOSES).map(([code, meaning]) => `${code}: ${meaning}`)

const asyncApiDocument: Json = {
  asyncapi: "3.0.0",
  info: {
    title: "ptyline, MOP streams",
    version: API_LEVEL,
    description: `Output and input of sessions that POST /mop/init started.\n\nClose codes of the socket:\n${closes.join("\n")}`,
  },
  channels: {
    sock: {
      address: "/mop/power/sock/{alias}",
      description: "WebSocket. An alias from POST /mop/alias opens one socket; Public opens many",
      parameters: { alias: { description: "64 hex digits, or Public" } },
      messages: { output: OUTPUT, input: INPUT, problem: PROBLEM },
    },
    stream: {
      address: "/mop/power/stream/read",
      description: "Server-sent events; POST with a key. The comment : heartbeat follows 15 s of silence",
      messages: { output: OUTPUT },
    },
  },
  operations: {
    receiveOutput: { action: "send", channel: { $ref: "#/channels/sock" } },
    sendInput: { action: "receive", channel: { $ref: "#/channels/sock" } },
    follow: { action: "send", channel: { $ref: "#/channels/stream" } },
  },
}

export const asyncApiYaml = (): string => stringify(asyncApiDocument)

export function asyncDocsPage(): string {
  const text = (value: string) => value.replace(/[&<>]/g, char => `&#${char.charCodeAt(0)};`)
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>ptyline, MOP streams</title><link rel="stylesheet" href="/docs.css">
<header><h1>MOP's streams</h1><p>For programs: <a href="/asyncapi.yaml">/asyncapi.yaml</a>. The poll endpoints: <a href="/docs">/docs</a>.</header>
<main><pre>${text(asyncApiYaml())}</pre></main></html>`
}
