// What this browser remembers: theme, font size, screen reader mode, what the person is called. Nothing secret, nothing about sessions.

import { Listeners } from "./listeners.ts"

export type Theme = "auto" | "light" | "dark"
export type PageSettings = { theme: Theme; fontSize: number; screenReader: boolean; name: string }

const KEY = "ptyline.settings"
const DEFAULTS: PageSettings = { theme: "auto", fontSize: 14, screenReader: false, name: "" }
export const FONT_SIZES = { least: 8, most: 32 } as const

const changed = new Listeners<PageSettings>()
let current = read()

export const settings = (): PageSettings => current
export const onSettings = (listener: (value: PageSettings) => void): (() => void) => changed.add(listener)

/** Changes some settings, keeps them in range, remembers them and tells everybody. */
export function changeSettings(change: Partial<PageSettings>): void {
  current = sane({ ...current, ...change })
  try {
    localStorage.setItem(KEY, JSON.stringify(current))
  } catch {
    // Storage may be full or forbidden (private windows): the setting then lasts as long as the page.
  }
  changed.emit(current)
}

/** True when the page is to be dark now, by choice or by the system's preference. */
export function isDark(): boolean {
  if (current.theme !== "auto") return current.theme === "dark"
  return matchMedia("(prefers-color-scheme: dark)").matches
}

/** Puts the theme onto the document and follows the system's preference. */
export function followTheme(): void {
  const apply = () => document.documentElement.setAttribute("data-theme", isDark() ? "dark" : "light")
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => changed.emit(current))
  changed.add(apply)
  apply()
}

function read(): PageSettings {
  try {
    return sane({ ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") })
  } catch {
    return DEFAULTS
  }
}

function sane(value: PageSettings): PageSettings {
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
