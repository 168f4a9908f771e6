// How `ptyline mrmd` starts: as mrmd-pty does (contract mrmd-pty, 2.3). Its launchers know a port and nothing else.

import type { Flags } from "../lib/flags.ts"

/** The flags with the defaults that `ptyline mrmd` has. */
export function mrmdFlags(flags: Flags): Flags {
  return {
    ...flags,
    port: { ...flags.port!, default: "8765" },
    host: { ...flags.host!, default: "127.0.0.1" },
    auth: { type: "boolean", description: "ask for a token (default: not on loopback)" },
    mrmd: { ...flags.mrmd!, default: true },
    version: { type: "boolean", description: "print the version" },
  }
}

/**
 * Launchers start one server per project: each port has a state of its own, in which a server finds its terminals again after a
 * crash. A port that the system picks cannot be asked for again.
 */
export const mrmdStateName = (port: number): string => (port === 0 ? `mrmd-0-${process.pid}` : `mrmd-${port}`)
