// The one suite that every backend runs through: what core/backend.ts promises, on real programs.

import { describe, setDefaultTimeout } from "bun:test"
import type { Backend } from "../../src/core/session/backend.ts"
import { PATIENCE_MS } from "../helpers.ts"
import { basics } from "./contract/basics.ts"
import { environment } from "./contract/environment.ts"
import { exits } from "./contract/exits.ts"
import { input } from "./contract/input.ts"
import { jobs } from "./contract/jobs.ts"
import { output } from "./contract/output.ts"
import { programs } from "./contract/programs.ts"
import { resources } from "./contract/resources.ts"
import { spawning } from "./contract/spawning.ts"
import { terminals } from "./contract/terminals.ts"
import { tree } from "./contract/tree.ts"

/** What a backend cannot do, each with the reason. The suite asserts what happens instead. */
export type Limits = {
  /** There is no process: input is the output. */
  noProcess?: string
  /** The end by a signal is reported as exit code 1. */
  signalAsCode?: string
  /** The end by signal N is reported as exit code 128 + N. */
  signalAsShellCode?: string
  /** What a descendant writes after the program's end is lost, and `end` comes without it. */
  tailLost?: string
  /** Of 300 short commands on a busy machine this many may lose their last words. */
  lastWords?: { lost: number; why: string }
  /** Signals, as a mask, that the child ignores from the start. */
  ignoredSignals?: { mask: string; why: string }
  /** A flood holds up the event loop more than elsewhere: the share of a 10 ms timer's ticks that come nevertheless. */
  flood?: { share: number; why: string }
}

type Part = (backend: Backend, limits: Limits) => void

const EVERYWHERE: Part[] = [basics]
const WITH_PROCESS: Part[] = [output, exits, input, spawning, environment, tree, resources]
const WITH_TERMINAL: Part[] = [terminals, jobs, programs]

/** `there`: can the backend be had on this machine? */
export function contract(backend: Backend, limits: Limits = {}, there = true): void {
  setDefaultTimeout(PATIENCE_MS * 3)
  describe.if(there)(`backend ${backend.kind}`, () => {
    for (const part of EVERYWHERE) part(backend, limits)
    if (!limits.noProcess) for (const part of WITH_PROCESS) part(backend, limits)
    if (backend.tty) for (const part of WITH_TERMINAL) part(backend, limits)
  })
}
