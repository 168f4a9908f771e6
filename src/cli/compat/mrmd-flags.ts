// The defaults of `ptyline mrmd`, as mrmd-pty has them (contract mrmd-pty, 2.3).

import { type Flags, toggle } from "../lib/flags.ts"

/** Returns the flags with the defaults of `ptyline mrmd`. */
export function mrmdFlags(flags: Flags): Flags {
  return {
    ...flags,
    port: { ...flags.port!, default: "8765" },
    host: { ...flags.host!, default: "127.0.0.1" },
    auth: toggle("ask for a token (default: not on loopback)"),
    mrmd: { ...flags.mrmd!, default: true },
    version: toggle("print the version"),
  }
}

/**
 * Returns the state directory's name for a port. Launchers start one server per project and know only its
 * port. So each port has its own state, where a server finds its terminals after a crash. Port 0 gets a state
 * directory for each process.
 */
export const mrmdStateName = (port: number): string => (port === 0 ? `mrmd-0-${process.pid}` : `mrmd-${port}`)
