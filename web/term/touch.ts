// Scrolling by touch, which xterm.js 6 lacks. Text follows the finger line by line. In full-screen programs
// and programs that track the mouse a drag becomes wheel events.

import type { Terminal } from "@xterm/xterm"
import { listen } from "../ui/dom.ts"

/** Scrolls on vertical drags. Returns the function that stops it. */
export function scrollByTouch(element: HTMLElement, terminal: Terminal): () => void {
  let last: number | null = null
  /** Dragged distance that is not scrolled yet, in CSS pixels. */
  let rest = 0
  const started = (event: TouchEvent) => {
    last = event.touches.length === 1 ? (event.touches[0]?.clientY ?? null) : null
    rest = 0
  }
  const moved = (event: TouchEvent) => {
    const touch = event.touches[0]
    if (last === null || !touch || event.touches.length !== 1) return
    event.preventDefault()
    rest += last - touch.clientY
    last = touch.clientY
    rest = scrollsBack(terminal) ? scroll(terminal, rest) : wheel(element, touch, rest)
  }
  const off = [
    listen(element, "touchstart", started, { passive: true }),
    listen(element, "touchmove", moved, { passive: false }),
  ]
  return () => off.forEach(stop => void stop())
}

const scrollsBack = ({ buffer, modes }: Terminal): boolean =>
  buffer.active.type === "normal" && modes.mouseTrackingMode === "none"

/** Scrolls by whole lines. Returns the remaining pixels. */
function scroll(terminal: Terminal, pixels: number): number {
  const screen = terminal.element?.querySelector(".xterm-screen")
  const height = (screen?.clientHeight ?? 0) / terminal.rows || 16
  const lines = Math.trunc(pixels / height)
  if (lines !== 0) terminal.scrollLines(lines)
  return pixels - lines * height
}

function wheel(element: HTMLElement, { clientX, clientY }: Touch, deltaY: number): number {
  const target = element.querySelector(".xterm-screen") ?? element
  target.dispatchEvent(new WheelEvent("wheel", { clientX, clientY, deltaY, bubbles: true, cancelable: true }))
  return 0
}
