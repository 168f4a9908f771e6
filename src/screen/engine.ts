// What a rendered screen is and what the fold needs of a terminal emulator; xterm.ts is the one we have.

import type { Size } from "../core/session/backend.ts"
import type { GroundFinder } from "./ground.ts"

/** A colour as the program chose it: its number in the palette, or red, green and blue. */
export type Colour = { palette: number } | { rgb: number }

/** How cells look; null and false are what a terminal starts with. */
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

/** Neighbouring cells of one look; `cells` of them, wide characters take two. */
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

/** A line of a transcript. `wrapped`: it goes on from the line before it, which was longer than the screen is wide. */
export type ScreenRow = { runs: TextRun[]; wrapped: boolean }

/** The visible screen. `x` and `y` count from 0; `rows` are `size.rows` rows of runs, without what is blank at their ends. */
export type ScreenView = {
  size: Size
  rows: TextRun[][]
  cursor: { x: number; y: number; visible: boolean }
  alt: boolean
  title: string
  modes: Modes
}

/** A terminal without a window. It never answers what a program asks it. One call at a time. */
export interface ScreenEngine {
  /** Parses bytes that end between sequences and characters; gives way to other work every few milliseconds. */
  write(bytes: Uint8Array): Promise<void>
  /** Finds the ends that `write` wants. */
  groundFinder(): GroundFinder
  /** Is nothing open? False tells that what was written did not end so. */
  readonly ground: boolean
  resize(size: Size): void
  /** A VT sequence that gives a terminal of the same size this state, whatever state it was in. */
  snapshot(): Promise<string>
  view(): ScreenView
  /** The screen's rows with their colours and nothing else, for any terminal to print. */
  coloured(): string[]
  /** Takes away the lines that have scrolled off the screen once there are `least` of them; on the alternate screen none do. */
  takeScrolled(least: number): ScreenRow[]
  /** Takes what a transcript ends with: all that is left, the alternate screen last. */
  takeRest(): ScreenRow[]
  dispose(): void
}

/** A blank screen, with room for some number of lines above it. */
export type OpenEngine = (size: Size, scrollback?: number) => Promise<ScreenEngine>
