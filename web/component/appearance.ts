// Appearance of the component: its CSS custom properties, over the default themes.

import type { ITerminalOptions, ITheme } from "@xterm/xterm"
import { themeOptions } from "../term/themes.ts"

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const

/** Property names after `--ptyline-`, and their names in xterm.js. */
const THEME: Record<string, keyof ITheme> = {
  background: "background",
  foreground: "foreground",
  cursor: "cursor",
  "cursor-text": "cursorAccent",
  selection: "selectionBackground",
  ...Object.fromEntries(COLOURS.map(name => [name, name])),
  ...Object.fromEntries(
    COLOURS.map(name => [
      `bright-${name}`,
      `bright${name[0]!.toUpperCase()}${name.slice(1)}` as keyof ITheme,
    ]),
  ),
}

/** Returns the terminal options that the element's CSS currently sets. */
export function appearanceOf(host: HTMLElement): ITerminalOptions {
  const style = getComputedStyle(host)
  const property = (name: string) => style.getPropertyValue(`--ptyline-${name}`).trim()
  const { theme, ...contrast } = themeOptions(isDark(style.colorScheme))
  const set = Object.entries(THEME).flatMap(([name, key]) => (property(name) ? [[key, property(name)]] : []))
  const fontSize = Number.parseFloat(property("font-size"))
  const fontFamily = property("font-family")
  return {
    ...contrast,
    theme: { ...theme, ...Object.fromEntries(set) },
    ...(fontSize > 0 && { fontSize }),
    ...(fontFamily && { fontFamily }),
  }
}

/** Uses the page's color scheme. If it allows both or sets none, uses the person's preference. */
function isDark(scheme: string): boolean {
  if (/\bdark\b/.test(scheme) !== /\blight\b/.test(scheme)) return /\bdark\b/.test(scheme)
  return matchMedia("(prefers-color-scheme: dark)").matches
}

/** Calls back when the properties may have changed: a class, a style, or the system's preference. */
export function onAppearance(host: HTMLElement, changed: () => void): () => void {
  const watcher = new MutationObserver(changed)
  const attributes = { attributes: true, attributeFilter: ["class", "style", "data-theme"] }
  for (const element of [host, document.documentElement, document.body]) watcher.observe(element, attributes)
  const preference = matchMedia("(prefers-color-scheme: dark)")
  preference.addEventListener("change", changed)
  return () => {
    watcher.disconnect()
    preference.removeEventListener("change", changed)
  }
}
