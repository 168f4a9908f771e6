// Scrolling with a finger. xterm.js 6 knows wheels only, so a drag becomes wheel events: they scroll back in the normal
// screen, move in full-screen programs and are reported to programs that follow the mouse.

import { listen } from "../ui/dom.ts"

/** Turns vertical drags on the element into wheel events until the returned function is called. */
export function scrollByTouch(element: HTMLElement): () => void {
  let last: Touch | null = null
  const started = (event: TouchEvent) => {
    last = event.touches.length === 1 ? (event.touches[0] ?? null) : null
  }
  const moved = (event: TouchEvent) => {
    const touch = event.touches[0]
    if (!last || !touch || event.touches.length !== 1) return
    const deltaY = last.clientY - touch.clientY
    last = touch
    event.preventDefault()
    wheelTarget(element).dispatchEvent(wheel(touch, deltaY))
  }
  const off = [
    listen(element, "touchstart", started, { passive: true }),
    listen(element, "touchmove", moved, { passive: false }),
  ]
  return () => off.forEach(stop => void stop())
}

const wheelTarget = (element: HTMLElement): Element => element.querySelector(".xterm-screen") ?? element

const wheel = ({ clientX, clientY }: Touch, deltaY: number): WheelEvent =>
  new WheelEvent("wheel", { clientX, clientY, deltaY, deltaMode: 0, bubbles: true, cancelable: true })
