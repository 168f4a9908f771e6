// Contrast of all text colours on their surfaces (WCAG 2.2 AA, 1.4.3: 4.5 to 1 for text).

import { describe, expect, test } from "bun:test"
import { join } from "node:path"

const css = await Bun.file(join(import.meta.dir, "../../web/css/tokens.css")).text()

/** Text colours, and the surfaces they are used on. */
const USED: [string[], string[]][] = [
  [
    ["text", "soft"],
    ["side", "panel", "raised", "hover", "chosen"],
  ],
  [
    ["ok", "bad"],
    ["side", "hover", "chosen", "panel", "raised"],
  ],
  [["warn"], ["panel", "side"]],
  [["accent"], ["panel", "raised", "chosen"]],
  [["bad"], ["bad-soft"]],
  [["on-accent"], ["accent-fill", "accent-hover"]],
]

/** Returns the colours of one theme. The dark theme overrides only some. */
function tokens(block: string): Map<string, string> {
  const start = css.indexOf(block)
  const body = css.slice(start, css.indexOf("}", start))
  return new Map([...body.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name!, value!]))
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map(at => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light! + 0.05) / (dark! + 0.05)
}

describe.each([":root {", ':root[data-theme="dark"] {'])("theme %s", block => {
  const colours = tokens(block)
  for (const [texts, surfaces] of USED)
    for (const text of texts)
      for (const surface of surfaces)
        test(`${text} on ${surface}`, () => {
          expect(contrast(colours.get(text)!, colours.get(surface)!)).toBeGreaterThanOrEqual(4.5)
        })
})
