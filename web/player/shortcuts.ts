// The player's keys.

import { dialogOpen } from "../ui/dialog.ts"
import type { Cast } from "./cast.ts"
import { type Clock, SPEEDS } from "./clock.ts"
import { stepOf } from "./seek-bar.ts"

/** As the help shows them. */
export const PLAYER_KEYS: [keys: string[], what: string][] = [
  [["Space"], "Play or pause"],
  [["←", "→"], "5 seconds back or on; with Shift 30"],
  [["0", "9"], "To a tenth of it; Home and End to its ends"],
  [["[", "]"], "To the marker before or behind"],
  [["<", ">"], "Slower, faster"],
  [["Esc"], "Back to the session"],
]

/** Does what a key press asks for, unless it is meant for something else on the page. */
export function keyAction(event: KeyboardEvent, clock: Clock, cast: Cast, back: () => void): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isForOtherControl(event))
    return
  const action = actionOf(event, clock, cast, back)
  if (!action) return
  event.preventDefault()
  action()
}

/** A dialog, a menu, the list of sessions and every field have their own keys; a button takes Space and Enter. */
function isForOtherControl({ target, key }: KeyboardEvent): boolean {
  if (dialogOpen() || !(target instanceof Element)) return dialogOpen()
  if (
    target.closest(
      "[role=menu], .sidebar, input:not([type=range]), select, textarea:not(.xterm-helper-textarea)",
    )
  )
    return true
  return (key === " " || key === "Enter") && target.closest("button, a") !== null
}

function actionOf(event: KeyboardEvent, clock: Clock, cast: Cast, back: () => void): (() => void) | null {
  const { key } = event
  if (/^\d$/.test(key)) return () => clock.seek((cast.duration * Number(key)) / 10)
  const actions: Record<string, () => void> = {
    " ": () => clock.toggle(),
    k: () => clock.toggle(),
    ArrowLeft: () => clock.seek(clock.at - stepOf(event)),
    ArrowRight: () => clock.seek(clock.at + stepOf(event)),
    Home: () => clock.seek(0),
    End: () => clock.seek(cast.duration),
    "[": () => clock.step(-1),
    "]": () => clock.step(1),
    "<": () => changeSpeed(clock, -1),
    ">": () => changeSpeed(clock, 1),
    Escape: back,
  }
  return Object.hasOwn(actions, key) ? actions[key]! : null
}

function changeSpeed(clock: Clock, by: 1 | -1): void {
  const at = SPEEDS.indexOf(clock.speed) + by
  clock.speed = SPEEDS[Math.max(0, Math.min(at, SPEEDS.length - 1))]!
}
