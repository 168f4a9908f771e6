// The 256 palette colours for browsers: xterm's (ctlseqs), with its default shades of the first sixteen.

import type { Colour } from "../engine.ts"

const FIRST = (
  "000000 cd0000 00cd00 cdcd00 3b78ff cd00cd 00cdcd e5e5e5 " +
  "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
).split(" ")
/** Steps of the 6x6x6 colour cube from 16 on; 24 greys start at 232. */
const STEPS = [0, 95, 135, 175, 215, 255]

/** `#rrggbb`. */
export function hex(colour: Colour): string {
  if ("rgb" in colour) return `#${colour.rgb.toString(16).padStart(6, "0")}`
  const { palette } = colour
  if (palette < 16) return `#${FIRST[palette]}`
  if (palette >= 232) return rgb([8, 8, 8].map(least => least + (palette - 232) * 10))
  const index = palette - 16
  return rgb([Math.floor(index / 36), Math.floor(index / 6) % 6, index % 6].map(step => STEPS[step]!))
}

const rgb = (parts: number[]): string => `#${parts.map(part => part.toString(16).padStart(2, "0")).join("")}`
