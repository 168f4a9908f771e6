// Estimate of a terminal's size before it exists.

import type { Size } from "../../src/core/session/backend.ts"
import { settings } from "../ui/settings.ts"
import { FONT } from "./screen.ts"

/** Estimates the size of a terminal in the element, so that a program's first output fits. */
export function estimateSize(element: HTMLElement): Size {
  const { fontSize } = settings()
  const context = document.createElement("canvas").getContext("2d")
  if (context) context.font = `${fontSize}px ${FONT}`
  const width = context?.measureText("W").width ?? fontSize * 0.6
  const cols = Math.floor((element.clientWidth - 36) / width)
  const rows = Math.floor((element.clientHeight - 100) / (fontSize * 1.35))
  return { cols: Math.max(20, cols), rows: Math.max(5, rows) }
}
