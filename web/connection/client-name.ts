// What this tab calls itself on the line: programs and people see it when it holds the lease.

import { settings } from "../ui/settings.ts"

const KEY = "ptyline.tab"
const tab = remembered()

/** The name a person gave, or "browser", and a mark that tells this tab from others; a reload keeps it. */
export const myName = (): string => `${settings().name || "browser"} ${tab}`

function remembered(): string {
  const fresh = crypto.getRandomValues(new Uint16Array(1))[0]!.toString(36)
  try {
    const kept = sessionStorage.getItem(KEY) ?? fresh
    sessionStorage.setItem(KEY, kept)
    return kept
  } catch {
    // Storage may be forbidden (private windows): a reload is then another client.
    return fresh
  }
}
