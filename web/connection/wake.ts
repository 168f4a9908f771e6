// The moments when a browser tab comes back to life or is put away.

import { listen } from "../ui/dom.ts"

/** Calls back when a connection is worth an attempt at once: network back, tab shown, page out of the back-forward cache. */
export function onWake(wake: () => void): () => void {
  const shown = () => document.visibilityState === "visible" && wake()
  const revived = (event: PageTransitionEvent) => event.persisted && wake()
  const off = [
    listen(window, "online", wake),
    listen(document, "visibilitychange", shown),
    listen(window, "pageshow", revived),
  ]
  return () => off.forEach(stop => void stop())
}

/** Calls back when the page is hidden or put into the back-forward cache, which takes no page with open connections. */
export function onSleep(sleep: () => void): () => void {
  const hidden = () => document.visibilityState === "hidden" && sleep()
  const off = [listen(document, "visibilitychange", hidden), onPutAway(sleep)]
  return () => off.forEach(stop => void stop())
}

/** Calls back when the page is left, perhaps for the back-forward cache. */
export const onPutAway = (away: () => void): (() => void) => listen(window, "pagehide", away)
