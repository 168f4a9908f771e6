// What `ptyline serve` can be told, by flag or environment, and what of it makes no sense together.

import { readFileSync, statSync } from "node:fs"
import { isIPv4 } from "node:net"
import { resolve } from "node:path"
import { PtylineError } from "../core/errors.ts"
import { DEFAULT_LIMITS, type Limits, LOG_LIMIT } from "../core/limits.ts"
import { loginShell } from "../core/policy.ts"
import type { Address } from "../http/server.ts"
import { refuseUnusable } from "../store/certificates.ts"
import { DISK_LIMIT, DISK_TOTAL } from "../store/sizes.ts"
import type { SyncPolicy } from "../store/sync.ts"
import {
  type FileSettings,
  type Flags,
  numberOf,
  type Parsed,
  parseFlags,
  UsageError,
  withEnvironment,
} from "./flags.ts"
import { inContainer, MOP_FLAGS, type MopOptions, mopOptions, presetFlags } from "./mop-flags.ts"
import { mrmdFlags, mrmdStateName } from "./mrmd-flags.ts"
import { splitWords } from "./words.ts"

export const SERVE_FLAGS: Flags = {
  cmd: {
    type: "string",
    short: "c",
    description: "what a session runs that does not say (default: a login shell)",
  },
  port: { type: "string", short: "p", description: "TCP port; 0 picks a free one", default: "8000" },
  host: { type: "string", description: "address to listen on (default: 127.0.0.1)" },
  cwd: { type: "string", description: "working directory of sessions (default: this one)" },
  pty: {
    type: "string",
    description: "where terminals come from: auto, terminal or bun-pty",
    default: "auto",
  },
  "tls-cert": { type: "string", description: "certificate, PEM file", hint: "file" },
  "tls-key": { type: "string", description: "its private key, PEM file", hint: "file" },
  insecure: { type: "boolean", description: "allow addresses beyond this machine without TLS" },
  auth: {
    type: "boolean",
    description: "ask for the token; --no-auth lets everybody who reaches the port in (default: ask)",
  },
  "allow-host": {
    type: "string",
    multiple: true,
    description: "another name this server may be called by",
    hint: "name",
  },
  "allow-origin": {
    type: "string",
    multiple: true,
    description: "another origin whose pages may use it",
    hint: "origin",
  },
  "max-sessions": {
    type: "string",
    description: "sessions that run at once",
    default: `${DEFAULT_LIMITS.sessions}`,
  },
  "max-viewers": {
    type: "string",
    description: "viewers of one session",
    default: `${DEFAULT_LIMITS.viewers}`,
  },
  approve: {
    type: "string",
    description:
      "who must allow dangerous commands: nobody (off) or a person (human), on the page or by ptyline approve",
    default: "off",
  },
  dangerous: {
    type: "string",
    multiple: true,
    description: "what is dangerous, instead of the built-in list: RE2 expressions over the command",
    hint: "regex",
  },
  "log-limit": {
    type: "string",
    description: "bytes of output kept per session",
    default: `${DEFAULT_LIMITS.logBytes}`,
  },
  retention: {
    type: "string",
    description: "seconds an ended session is kept",
    default: `${DEFAULT_LIMITS.retentionMs / 1000}`,
  },
  holders: {
    type: "boolean",
    description: "sessions outlive the server, each in a process of its own; --no-holders ends them with it",
    default: true,
  },
  ephemeral: {
    type: "boolean",
    description: "a stop of the server ends all sessions; a crash still does not",
    default: false,
  },
  "disk-limit": {
    type: "string",
    description: "bytes of output kept on disk per session",
    default: `${DISK_LIMIT}`,
  },
  "disk-total": {
    type: "string",
    description: "bytes of output kept on disk for all sessions; a tail of each stays in any case",
    default: `${DISK_TOTAL}`,
  },
  "lost-retention": {
    type: "string",
    description: "seconds a session is kept whose process vanished, as at a reboot",
    default: `${DEFAULT_LIMITS.lostRetentionMs / 1000}`,
  },
  fsync: {
    type: "string",
    description:
      "when output on disk is made to outlive the machine's crash: interval (every second), always or never",
    default: "interval",
  },
  mrmd: {
    type: "boolean",
    description: "serve mrmd-pty's paths too: /api/pty and /api/terminals",
    default: false,
  },
  "conformance-fixtures": {
    type: "boolean",
    description: "what the conformance suite of MCP asks for",
    default: false,
    hidden: true,
  },
  linger: {
    type: "string",
    description: "end when no session has run for this many seconds (default: stay)",
    hint: "seconds",
  },
  log: { type: "string", description: "format of the log on stderr: text or json", default: "text" },
  ...MOP_FLAGS,
}

export const PRESET_FLAGS: Record<Preset, Flags> = {
  mop: presetFlags(SERVE_FLAGS),
  mrmd: mrmdFlags(SERVE_FLAGS),
}

export type ServeOptions = {
  /** True when somebody said what sessions run: then MOP's endpoints are there. */
  commandGiven: boolean
  argv: string[]
  cwd: string
  pty: "auto" | "terminal" | "bun-pty"
  address: Extract<Address, { port: number }>
  auth: boolean
  allowHosts: string[]
  allowOrigins: string[]
  limits: Partial<Limits>
  holders: boolean
  /** Seconds without a running session after which the server ends; null to stay. */
  lingerS: number | null
  ephemeral: boolean
  diskLimit: number
  diskTotal: number
  fsync: SyncPolicy
  conformanceFixtures: boolean
  mrmd: boolean
  approve: "off" | "human"
  /** RE2 expressions; none means the built-in list. */
  dangerous: string[]
  log: "text" | "json"
  preset: Preset | null
  /** The directory in the state directory that this server's state is kept apart in; null for the user's own. */
  stateName: string | null
} & MopOptions

/** Serve with an older program's defaults. */
export type Preset = "mop" | "mrmd"

/**
 * The options of a command line; a `preset` has its own defaults. Throws `UsageError` with the offending value, and `denied` for what
 * would let others in.
 */
export function serveOptions(
  args: string[],
  env: Record<string, string | undefined>,
  preset: Preset | null = null,
  file: FileSettings = {},
): ServeOptions {
  const flags = preset ? PRESET_FLAGS[preset] : SERVE_FLAGS
  const parsed = withEnvironment(parseFlags(args, flags), flags, env, file)
  if (parsed.words.length > 0)
    throw new UsageError(`unexpected word ${JSON.stringify(parsed.words[0])}; the command goes into -c "..."`)
  const text = (name: string) => parsed.values[name] as string | undefined
  const list = (name: string) => (parsed.values[name] as string[] | undefined) ?? []
  if (preset === "mop" && !text("cmd")) throw new UsageError("say what sessions run: -c COMMAND")
  const port = numberOf(parsed, "port", 0, 65535)
  const hostname = text("host") ?? (inContainer(env) ? "0.0.0.0" : "127.0.0.1")
  const options: ServeOptions = {
    commandGiven: Boolean(text("cmd")),
    argv: text("cmd") ? commandOf(text("cmd")!) : loginShell(env),
    cwd: directoryOf(text("cwd") ?? "."),
    pty: oneOf("pty", text("pty"), ["auto", "terminal", "bun-pty"]),
    address: {
      hostname,
      port,
      tls: tlsOf(text("tls-cert"), text("tls-key")),
    },
    auth: (parsed.values.auth as boolean | undefined) ?? !(preset && isLoopback(hostname)),
    allowHosts: list("allow-host").map(name => name.toLowerCase()),
    allowOrigins: list("allow-origin").map(originOf),
    limits: limitsOf(parsed),
    holders: parsed.values.holders !== false,
    ephemeral: parsed.values.ephemeral === true,
    diskLimit: numberOf(parsed, "disk-limit", 1 << 20, 2 ** 40),
    diskTotal: numberOf(parsed, "disk-total", 1 << 20, 2 ** 50),
    fsync: oneOf("fsync", text("fsync"), ["interval", "always", "never"]),
    conformanceFixtures: parsed.values["conformance-fixtures"] === true,
    lingerS: text("linger") === undefined ? null : numberOf(parsed, "linger", 1, 1_000_000),
    mrmd: parsed.values.mrmd === true,
    approve: oneOf("approve", text("approve"), ["off", "human"]),
    dangerous: list("dangerous"),
    log: oneOf("log", text("log"), ["text", "json"]),
    preset,
    stateName: preset === "mrmd" ? mrmdStateName(port) : null,
    ...mopOptions(parsed, env),
  }
  if (options.ssl && options.address.tls) throw new UsageError("--ssl and --tls-cert say different things")
  refuseExposure(options, parsed.values.insecure === true || inContainer(env))
  return options
}

function commandOf(line: string): string[] {
  const words = splitWords(line)
  if (words.length === 0) throw new UsageError("--cmd names no program")
  return words
}

function directoryOf(path: string): string {
  const absolute = resolve(path)
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) return absolute
  throw new PtylineError("unavailable", `--cwd is not a directory: ${absolute}`)
}

function oneOf<T extends string>(name: string, value: string | undefined, choices: T[]): T {
  const choice = choices.find(known => known === value)
  if (choice) return choice
  throw new UsageError(`--${name} must be ${choices.join(" or ")}, got ${JSON.stringify(value)}`)
}

function originOf(text: string): string {
  if (URL.canParse(text) && new URL(text).origin === text) return text
  throw new UsageError(
    `--allow-origin takes an origin such as https://example.org, got ${JSON.stringify(text)}`,
  )
}

function tlsOf(cert: string | undefined, key: string | undefined): { cert: string; key: string } | undefined {
  if (!cert && !key) return undefined
  if (!cert || !key) throw new UsageError("--tls-cert and --tls-key go together")
  const found = { cert: fileText(cert), key: fileText(key), certPath: cert, keyPath: key }
  refuseUnusable(found)
  return { cert: found.cert, key: found.key }
}

function fileText(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function limitsOf(parsed: Parsed): Partial<Limits> {
  return {
    sessions: numberOf(parsed, "max-sessions", 1, 100_000),
    viewers: numberOf(parsed, "max-viewers", 1, 100_000),
    logBytes: numberOf(parsed, "log-limit", LOG_LIMIT.min, LOG_LIMIT.max),
    retentionMs: numberOf(parsed, "retention", 0, 2_000_000) * 1000,
    lostRetentionMs: numberOf(parsed, "lost-retention", 0, 2_000_000_000) * 1000,
  }
}

/** A terminal server is remote code execution: beyond this machine it needs TLS, or words that say one knows. */
function refuseExposure({ address, auth, ssl }: ServeOptions, insecure: boolean): void {
  if (isLoopback(address.hostname) || insecure) return
  const host = address.hostname
  if (!auth)
    throw new PtylineError(
      "denied",
      `--no-auth on ${host} gives everybody a shell; add --insecure if that is meant`,
    )
  if (!address.tls && !ssl)
    throw new PtylineError(
      "denied",
      `${host} is not this machine alone: give --ssl, or --tls-cert and --tls-key, or --insecure`,
    )
}

/** Does this address only reach this machine? */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."))
