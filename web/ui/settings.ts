// Settings stored in this browser: theme, font size, screen reader mode, client name. No secrets.

import { Listeners } from "./listeners.ts"

export type Theme = "auto" | "light" | "dark"
type PageSettings = { theme: Theme; fontSize: number; screenReader: boolean; name: string }

const KEY = "ptyline.settings"
const DEFAULTS: PageSettings = { theme: "auto", fontSize: 14, screenReader: false, name: "" }
const FONT_SIZES = { least: 8, most: 32 } as const

const changed = new Listeners<PageSettings>()
let current = read()

export const settings = (): PageSettings => current
export const onSettings = (listener: (value: PageSettings) => void): (() => void) => changed.add(listener)

/** Changes settings, limits them to their ranges, stores them and notifies the listeners. */
export function changeSettings(change: Partial<PageSettings>): void {
  current = validated({ ...current, ...change })
  try {
    localStorage.setItem(KEY, JSON.stringify(current))
  } catch {
    // Storage may be full or forbidden (private windows). The setting then lasts until the page is closed.
  }
  changed.emit(current)
}

/** Reports whether the page is dark now, by setting or by the system's preference. */
export function isDark(): boolean {
  if (current.theme !== "auto") return current.theme === "dark"
  return matchMedia("(prefers-color-scheme: dark)").matches
}

/** Applies the theme to the document and follows the system's preference. */
export function followTheme(): void {
  const apply = () => document.documentElement.setAttribute("data-theme", isDark() ? "dark" : "light")
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => changed.emit(current))
  changed.add(apply)
  apply()
}

function read(): PageSettings {
  try {
    return validated({ ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") })
  } catch {
    return DEFAULTS
  }
}

function validated(value: PageSettings): PageSettings {
  const size = Number(value.fontSize) || DEFAULTS.fontSize
  return {
    theme: ["auto", "light", "dark"].includes(value.theme) ? value.theme : "auto",
    fontSize: Math.min(FONT_SIZES.most, Math.max(FONT_SIZES.least, Math.round(size))),
    screenReader: value.screenReader === true,
    name:
      typeof value.name === "string"
        ? value.name
            .replace(/\p{Cc}/gu, "")
            .trim()
            .slice(0, 60)
        : "",
  }
}
