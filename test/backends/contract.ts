// Contract suite for all backends: checks `core/session/backend.ts` with real programs.

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

/** Limits of a backend, each with its reason. The suite asserts the limited behaviour. */
export type Limits = {
  /** Without a process: input becomes output. */
  noProcess?: string
  /** A program ended by a signal reports exit code 1. */
  signalAsCode?: string
  /** A program ended by signal N reports exit code 128 + N. */
  signalAsShellCode?: string
  /** Output of a descendant after the program's end is lost, and `end` does not wait for it. */
  tailLost?: string
  /** Of 300 short commands on a busy machine, this many may lose their last output. */
  lastOutput?: { lost: number; why: string }
  /** Signals that the child ignores from the start, as a mask. */
  ignoredSignals?: { mask: string; why: string }
  /** A flood delays the event loop more than usual. `share`: ticks of a 10 ms timer that must still come. */
  flood?: { share: number; why: string }
}

type Part = (backend: Backend, limits: Limits) => void

const EVERYWHERE: Part[] = [basics]
const WITH_PROCESS: Part[] = [output, exits, input, spawning, environment, tree, resources]
const WITH_TERMINAL: Part[] = [terminals, jobs, programs]

/** `available`: whether this machine has the backend. */
export function contract(backend: Backend, limits: Limits = {}, available = true): void {
  setDefaultTimeout(PATIENCE_MS * 3)
  describe.if(available)(`backend ${backend.kind}`, () => {
    for (const part of EVERYWHERE) part(backend, limits)
    if (!limits.noProcess) for (const part of WITH_PROCESS) part(backend, limits)
    if (backend.tty) for (const part of WITH_TERMINAL) part(backend, limits)
  })
}
