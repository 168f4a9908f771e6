// The options of `ptyline serve`, parsed and checked against each other.

import { loginShell } from "../../core/access/policy.ts"
import { type Limits, LOG_LIMIT } from "../../core/lib/limits.ts"
import type { ListenAddress } from "../../http/server.ts"
import type { SyncPolicy } from "../../store/segments/sync.ts"
import { inContainer, type MopFlags, mopOptions } from "../compat/mop-flags.ts"
import { mrmdStateName } from "../compat/mrmd-flags.ts"
import {
  type FileSettings,
  numberOf,
  oneOf,
  type Parsed,
  parseFlags,
  refuseWord,
  UsageError,
  type Variables,
  withEnvironment,
} from "../lib/flags.ts"
import { isLoopback, refuseExposure } from "./exposure.ts"
import { PRESET_FLAGS, type Preset, SERVE_FLAGS } from "./flags.ts"
import { commandWords, directoryOf, originOf, tlsOf } from "./values.ts"

export type ServeOptions = {
  /** True if a command was given, which enables MOP's endpoints. */
  commandGiven: boolean
  argv: string[]
  cwd: string
  pty: "auto" | "terminal" | "bun-pty"
  address: Extract<ListenAddress, { port: number }>
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
  /** RE2 expressions; empty for the built-in list. */
  dangerous: string[]
  log: "text" | "json"
  preset: Preset | null
  /** Subdirectory of the state directory for this server; null for the state directory itself. */
  stateName: string | null
} & MopFlags

/**
 * Returns the options of a command line, with the defaults of `preset`. Throws `UsageError` with the
 * offending value, and `denied` for a server that other machines could use without protection.
 */
export function serveOptions(
  args: string[],
  env: Variables,
  preset: Preset | null = null,
  file: FileSettings = {},
): ServeOptions {
  const flags = preset ? PRESET_FLAGS[preset] : SERVE_FLAGS
  const parsed = withEnvironment(parseFlags(args, flags), flags, env, file)
  refuseWord(parsed.words[0], '; give the command as -c "..."')
  const text = (name: string) => parsed.values[name] as string | undefined
  const list = (name: string) => (parsed.values[name] as string[] | undefined) ?? []
  if (preset === "mop" && !text("cmd")) throw new UsageError("give the command that sessions run: -c COMMAND")
  const port = numberOf(parsed, "port", 0, 65535)
  const hostname = text("host") ?? (inContainer(env) ? "0.0.0.0" : "127.0.0.1")
  const options: ServeOptions = {
    commandGiven: Boolean(text("cmd")),
    argv: text("cmd") ? commandWords(text("cmd")!) : loginShell(env),
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
  if (options.ssl && options.address.tls) throw new UsageError("--ssl and --tls-cert exclude each other")
  refuseExposure(options, parsed.values.insecure === true || inContainer(env))
  return options
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
