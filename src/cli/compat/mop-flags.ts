// MOP's flags of `ptyline serve` (contract mop 2.7), and the defaults of `ptyline mop`.

import { type Flags, numberOf, option, type Parsed, toggle, type Variables } from "../lib/flags.ts"

export const MOP_FLAGS: Flags = {
  "ui-port": option("a second port with the same content; 0 for none", { hint: "port" }),
  ssl: toggle("serve TLS with the certificate in certs/ of the data directory; created if missing"),
  "force-port": toggle("end your process that occupies the port: TERM, 3 s, KILL"),
  workers: option("number of processes that share the port and serve the same sessions", {
    short: "w",
    default: "1",
  }),
  "rate-limit": toggle("limit the rate of MOP requests per client address", { short: "r" }),
  "pub-process": toggle("start MOP's public session; --no-pub-process does not", { default: true }),
  moppy: option("data directory: pepper, certs/, attic/, plugins/ (default: the state directory)", {
    hint: "dir",
  }),
  legacy: toggle("accepted for compatibility; no effect"),
  debug: toggle("log debug messages, such as each request"),
}

/** Throws `UsageError` with the offending value. */
export function mopOptions(parsed: Parsed, env: Variables) {
  const { values } = parsed
  const is = (name: string) => values[name] === true
  return {
    uiPort: values["ui-port"] === undefined ? 0 : numberOf(parsed, "ui-port", 0, 65535),
    ssl: is("ssl"),
    forcePort: is("force-port"),
    workers: numberOf(parsed, "workers", 1, 64),
    rateLimit: is("rate-limit"),
    publicProcess: values["pub-process"] !== false,
    /** The data directory given; undefined to let `dataDirectory` choose. */
    moppy: (values.moppy as string | undefined) || env.MOPPY_PATH || undefined,
    legacy: is("legacy"),
    debug: is("debug"),
  }
}

export type MopFlags = ReturnType<typeof mopOptions>

/** Returns the flags with the defaults of `ptyline mop`. Its port is the default of serve already. */
export function presetFlags(flags: Flags): Flags {
  return { ...flags, "ui-port": { ...flags["ui-port"]!, default: "8080" } }
}

/** Reports whether the container image has set its variable (contract mop 2.7). */
export const inContainer = (env: Variables): boolean => env.AM_I_IN_A_DOCKER_CONTAINER === "true"
