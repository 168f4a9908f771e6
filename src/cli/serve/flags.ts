// The flags of `ptyline serve`, `ptyline mop` and `ptyline mrmd`.

import { DEFAULT_LIMITS } from "../../core/lib/limits.ts"
import { DISK_LIMIT, DISK_TOTAL } from "../../store/segments/sizes.ts"
import { MOP_FLAGS, presetFlags } from "../compat/mop-flags.ts"
import { mrmdFlags } from "../compat/mrmd-flags.ts"
import { type Flags, option, toggle } from "../lib/flags.ts"

/** An older program whose defaults the server has. */
export type Preset = "mop" | "mrmd"

export const SERVE_FLAGS: Flags = {
  cmd: option("default command for new sessions (default: a login shell)", { short: "c" }),
  port: option("TCP port; 0 picks a free one", { short: "p", default: "8000" }),
  host: option("address to listen on (default: 127.0.0.1)"),
  cwd: option("default working directory of sessions (default: the current one)"),
  pty: option("terminal backend: auto, terminal or bun-pty", { default: "auto" }),
  "tls-cert": option("TLS certificate, a PEM file", { hint: "file" }),
  "tls-key": option("private key of the certificate, a PEM file", { hint: "file" }),
  insecure: toggle("allow other machines to connect without TLS"),
  auth: toggle("require the token; --no-auth admits anyone who reaches the port (default: required)"),
  "allow-host": option("additional host name that requests may use", { multiple: true, hint: "name" }),
  "allow-origin": option("additional origin whose pages may use this server", {
    multiple: true,
    hint: "origin",
  }),
  "max-sessions": option("maximum number of running sessions", { default: `${DEFAULT_LIMITS.sessions}` }),
  "max-viewers": option("maximum number of viewers per session", { default: `${DEFAULT_LIMITS.viewers}` }),
  approve: option(
    "who approves dangerous commands: off (no approval needed) or human, on the page or with ptyline approve",
    { default: "off" },
  ),
  dangerous: option("an RE2 expression that matches dangerous commands; replaces the built-in list", {
    multiple: true,
    hint: "regex",
  }),
  "log-limit": option("bytes of output kept in memory per session", {
    default: `${DEFAULT_LIMITS.logBytes}`,
  }),
  retention: option("seconds to keep a session after its exit", {
    default: `${DEFAULT_LIMITS.retentionMs / 1000}`,
  }),
  holders: toggle(
    "run each session in a holder process, so that it survives the server; --no-holders ends sessions with the server",
    { default: true },
  ),
  ephemeral: toggle("end all sessions when the server stops; after a crash they are still recovered", {
    default: false,
  }),
  "disk-limit": option("bytes of output kept on disk per session", { default: `${DISK_LIMIT}` }),
  "disk-total": option(
    "bytes of output kept on disk for all sessions together; the last part of each is always kept",
    { default: `${DISK_TOTAL}` },
  ),
  "lost-retention": option("seconds to keep a session whose process was lost, for example in a reboot", {
    default: `${DEFAULT_LIMITS.lostRetentionMs / 1000}`,
  }),
  fsync: option("when output is synced to disk: interval (every second), always or never", {
    default: "interval",
  }),
  mrmd: toggle("also serve the API of mrmd-pty: /api/pty and /api/terminals", { default: false }),
  "conformance-fixtures": toggle("tools and resources for the MCP conformance suite", {
    default: false,
    hidden: true,
  }),
  linger: option("stop when no session has run for this many seconds (default: never)", { hint: "seconds" }),
  log: option("log format on stderr: text or json", { default: "text" }),
  ...MOP_FLAGS,
}

export const PRESET_FLAGS: Record<Preset, Flags> = {
  mop: presetFlags(SERVE_FLAGS),
  mrmd: mrmdFlags(SERVE_FLAGS),
}
