// The player's keyboard shortcuts.

import { dialogOpen } from "../ui/dialog.ts"
import type { Cast } from "./cast.ts"
import { type Clock, SPEEDS } from "./clock.ts"
import { stepOf } from "./seek-bar.ts"

/** Shortcuts, as the help shows them. */
export const PLAYER_KEYS: [keys: string[], what: string][] = [
  [["Space"], "Play or pause"],
  [["←", "→"], "Back or forward 5 seconds; with Shift 30"],
  [["0", "9"], "Jump to 0 % to 90 %; Home and End jump to the ends"],
  [["[", "]"], "Previous or next marker"],
  [["<", ">"], "Slower, faster"],
  [["Esc"], "Back to the session"],
]

/** Runs a key press's action, unless the key belongs to another control of the page. */
export function keyAction(event: KeyboardEvent, clock: Clock, cast: Cast, back: () => void): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isForOtherControl(event))
    return
  const action = actionOf(event, clock, cast, back)
  if (!action) return
  event.preventDefault()
  action()
}

/** Dialogs, menus, the session list and fields handle their own keys. Buttons handle Space and Enter. */
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
