// The flags of `ptyline serve` that came with MOP (contract mop 2.7), and the defaults of its preset.

import { type Flags, numberOf, type Parsed } from "../lib/flags.ts"

export const MOP_FLAGS: Flags = {
  "ui-port": { type: "string", description: "a second port for the same; 0 for none", hint: "port" },
  ssl: {
    type: "boolean",
    description: "TLS with the certificate in certs/ of the data directory; made there when missing",
  },
  "force-port": {
    type: "boolean",
    description: "end the process of this user that holds the port: TERM, 3 s, KILL",
  },
  workers: {
    type: "string",
    short: "w",
    description: "processes that share the port, all in front of the same sessions",
    default: "1",
  },
  "rate-limit": {
    type: "boolean",
    short: "r",
    description: "limit how often an address may call the MOP endpoints",
  },
  "pub-process": {
    type: "boolean",
    description: "MOP's public session; --no-pub-process is without it",
    default: true,
  },
  moppy: {
    type: "string",
    description: "data directory: pepper, certs/, attic/, plugins/ (default: the state directory)",
    hint: "dir",
  },
  legacy: { type: "boolean", description: "accepted, and without effect" },
  debug: { type: "boolean", description: "log more" },
}

export type MopFlags = {
  uiPort: number
  ssl: boolean
  forcePort: boolean
  workers: number
  rateLimit: boolean
  publicProcess: boolean
  /** The data directory somebody named; undefined leaves the choice to `dataDirectory`. */
  moppy: string | undefined
  legacy: boolean
  debug: boolean
}

/** Throws `UsageError` with the offending value. */
export function mopOptions(parsed: Parsed, env: Record<string, string | undefined>): MopFlags {
  const { values } = parsed
  const is = (name: string) => values[name] === true
  return {
    uiPort: values["ui-port"] === undefined ? 0 : numberOf(parsed, "ui-port", 0, 65535),
    ssl: is("ssl"),
    forcePort: is("force-port"),
    workers: numberOf(parsed, "workers", 1, 64),
    rateLimit: is("rate-limit"),
    publicProcess: values["pub-process"] !== false,
    moppy: (values.moppy as string | undefined) || env.MOPPY_PATH || undefined,
    legacy: is("legacy"),
    debug: is("debug"),
  }
}

/** The flags with the defaults that `ptyline mop` has. Its port is serve's own default already. */
export function presetFlags(flags: Flags): Flags {
  return { ...flags, "ui-port": { ...flags["ui-port"]!, default: "8080" } }
}

/** The container image says so itself; nothing is guessed from the surroundings (contract mop 2.7). */
export const inContainer = (env: Record<string, string | undefined>): boolean =>
  env.AM_I_IN_A_DOCKER_CONTAINER === "true"
