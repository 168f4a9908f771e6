// This tab's client name, shown while it owns the lease.

import { settings } from "../ui/settings.ts"

const KEY = "ptyline.tab"
const tab = tabId()

/** The name from the settings, or "browser", and a suffix per tab, which survives a reload. */
export const myName = (): string => `${settings().name || "browser"} ${tab}`

function tabId(): string {
  const fresh = crypto.getRandomValues(new Uint16Array(1))[0]!.toString(36)
  try {
    const id = sessionStorage.getItem(KEY) ?? fresh
    sessionStorage.setItem(KEY, id)
    return id
  } catch {
    // storage may be blocked (private windows): after a reload the tab is another client
    return fresh
  }
}
