// The flags of `ptyline serve`, as data.

import { DEFAULT_LIMITS } from "../../core/lib/limits.ts"
import { DISK_LIMIT, DISK_TOTAL } from "../../store/frames/sizes.ts"
import { MOP_FLAGS, presetFlags } from "../compat/mop-flags.ts"
import { mrmdFlags } from "../compat/mrmd-flags.ts"
import type { Flags } from "../lib/flags.ts"

/** Serve with an older program's defaults. */
export type Preset = "mop" | "mrmd"

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
