// Browser events for a tab that wakes up or is put away.

import { listen } from "../ui/dom.ts"

/** Calls `wake` when to reconnect at once: network back, tab shown, page out of the back-forward cache. */
export function onWake(wake: () => void): () => void {
  const shown = () => document.visibilityState === "visible" && wake()
  const restored = (event: PageTransitionEvent) => event.persisted && wake()
  const off = [
    listen(window, "online", wake),
    listen(document, "visibilitychange", shown),
    listen(window, "pageshow", restored),
  ]
  return () => off.forEach(stop => void stop())
}

/** Calls `sleep` when the page is hidden or left: open connections keep it from the back-forward cache. */
export function onSleep(sleep: () => void): () => void {
  const hidden = () => document.visibilityState === "hidden" && sleep()
  const off = [listen(document, "visibilitychange", hidden), onPutAway(sleep)]
  return () => off.forEach(stop => void stop())
}

/** Calls `away` when the page is left, perhaps for the back-forward cache. */
export const onPutAway = (away: () => void): (() => void) => listen(window, "pagehide", away)
