// Types of a rendered screen, and the interface of a terminal emulator. xterm/engine.ts implements it.

import type { Size } from "../core/session/backend.ts"
import type { GroundFinder } from "./ground.ts"

/** A colour chosen by the program: a palette index, or red, green and blue. */
export type Colour = { palette: number } | { rgb: number }

/** Cell attributes; null and false are a terminal's defaults. */
export type Style = {
  fg: Colour | null
  bg: Colour | null
  bold: boolean
  dim: boolean
  italic: boolean
  underline: boolean
  inverse: boolean
  invisible: boolean
  strike: boolean
}

/** Adjacent cells with the same style. `cells` is their number; wide characters take two. */
export type TextRun = { text: string; cells: number; style: Style }

/** Mouse reporting, as in xterm's modes 9, 1000, 1002 and 1003. */
export type Mouse = "none" | "x10" | "vt200" | "drag" | "any"

export type Modes = {
  application_cursor: boolean
  application_keypad: boolean
  bracketed_paste: boolean
  insert: boolean
  origin: boolean
  wraparound: boolean
  focus_events: boolean
  mouse: Mouse
  mouse_encoding: "default" | "sgr" | "sgr-pixels"
}

/** A line of a transcript. `wrapped`: it continues the previous line, which was wider than the screen. */
export type ScreenRow = { runs: TextRun[]; wrapped: boolean }

/** The visible screen. `x` and `y` count from 0. `rows` has `size.rows` rows without trailing blanks. */
export type ScreenView = {
  size: Size
  rows: TextRun[][]
  cursor: { x: number; y: number; visible: boolean }
  alt: boolean
  title: string
  modes: Modes
}

/** A headless terminal. Never answers a program's queries. Permits one call at a time. */
export interface ScreenEngine {
  /** Parses bytes that end between sequences and characters. Yields to other work every few milliseconds. */
  write(bytes: Uint8Array): Promise<void>
  /** Finds the points where bytes for `write` may end. */
  groundFinder(): GroundFinder
  /** True if nothing is incomplete. False means that the last bytes ended inside a sequence. */
  readonly ground: boolean
  resize(size: Size): void
  /** Returns a VT sequence that gives a terminal of the same size this state, whatever its state was. */
  snapshot(): Promise<string>
  view(): ScreenView
  /** Returns the screen's rows with colours only, for printing on any terminal. */
  coloured(): string[]
  /** Removes and returns scrolled lines once there are `least` of them; none on the alternate screen. */
  takeScrolled(least: number): ScreenRow[]
  /** Removes and returns the remaining lines of a transcript, the alternate screen last. */
  takeRest(): ScreenRow[]
  dispose(): void
}

/** Opens a blank screen with room for `scrollback` lines above it. */
export type OpenEngine = (size: Size, scrollback?: number) => Promise<ScreenEngine>
