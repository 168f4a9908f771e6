// The page's icons: 16-unit strokes in the current colour, hidden from screen readers.

import { h, type Props } from "./dom.ts"

const SVG = "http://www.w3.org/2000/svg"

const PATHS = {
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  speaker: "M3 6v4h2.5L9 13V3L5.5 6zM11.5 6a3 3 0 0 1 0 4M13.2 4.3a5.5 5.5 0 0 1 0 7.4",
  close: "M4 4l8 8M12 4l-8 8",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  find: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.300 10.300l3.200 3.200",
  up: "M4 10l4-4 4 4",
  down: "M4 6l4 4 4-4",
  light:
    "M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.400 3.400l1 1M11.600 11.600l1 1M12.600 3.400l-1 1M4.400 11.600l-1 1",
  dark: "M13.5 9.300A5.800 5.800 0 0 1 6.700 2.5a5.800 5.800 0 1 0 6.800 6.800z",
  auto: "M2 3h12v8H2zM6 13.5h4M8 11v2.5",
  help: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.300 6.200a1.800 1.800 0 1 1 2.5 1.700c-.5.2-.8.6-.8 1.200M8 11.300h.01",
  pencil: "M9.5 3.5l3 3L6 13H3v-3z",
  stop: "M8 1.800v5.5M4.3 4a5.300 5.300 0 1 0 7.4 0",
  people:
    "M6 7.5a2.300 2.300 0 1 0 0-4.600 2.300 2.300 0 0 0 0 4.600zM1.800 13c.3-2.300 2-3.600 4.200-3.600s3.900 1.300 4.200 3.600M10.5 3.200a2.200 2.200 0 0 1 0 4.100M11.800 9.700c1.400.5 2.200 1.700 2.400 3.300",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  paste: "M5.5 3h-2v10.5h9V3h-2M5.5 2h5v2.5h-5z",
  key: "M5.5 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM7.700 7.900L13 2.600M11 4.600l2 2",
  retry: "M13.300 8A5.300 5.300 0 1 1 11.600 4.100M13.5 2v3h-3",
  play: "M5 3.2v9.6l8-4.8z",
  pause: "M4.500 3h2.200v10H4.500zM9.300 3h2.200v10H9.300z",
  skip: "M3 4l5 4-5 4zM8.5 4l5 4-5 4z",
  film: "M2.5 3.500h11v9h-11zM5.500 3.500v9M10.500 3.500v9M2.5 8h3M10.500 8h3",
  link: "M6.800 9.200a2.600 2.600 0 0 0 3.700 0l2-2a2.600 2.600 0 0 0-3.700-3.700l-.6.6M9.200 6.800a2.600 2.600 0 0 0-3.700 0l-2 2a2.600 2.600 0 0 0 3.700 3.700l.6-.6",
  download: "M8 2.500v7M4.800 6.800L8 10l3.200-3.200M3 13h10",
  terminal: "M2.500 3h11v10h-11zM5 6l2 2-2 2M8.500 10.300h2.500",
} as const

export type IconName = keyof typeof PATHS

/** Creates an `<svg>` of the named icon. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg")
  svg.setAttribute("viewBox", "0 0 16 16")
  svg.setAttribute("class", `icon icon-${name}`)
  svg.setAttribute("aria-hidden", "true")
  svg.append(stroke(PATHS[name]))
  return svg
}

/** Creates a button with an icon. `label` is its tooltip and its name for screen readers. */
export const iconButton = (name: IconName, label: string, props: Props = {}): HTMLButtonElement =>
  h("button", { class: "ghost", "aria-label": label, title: label, ...props }, icon(name))

/** Creates the logo: three parties on one line. */
export function mark(): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg")
  svg.setAttribute("viewBox", "0 0 34 12")
  svg.setAttribute("class", "mark")
  svg.setAttribute("aria-hidden", "true")
  svg.append(stroke("M4 6h26"), dot(4, 3, "party"), dot(17, 4, "party lead"), dot(30, 3, "party"))
  return svg
}

function stroke(d: string): SVGPathElement {
  const path = document.createElementNS(SVG, "path")
  path.setAttribute("d", d)
  return path
}

function dot(x: number, radius: number, className: string): SVGCircleElement {
  const circle = document.createElementNS(SVG, "circle")
  for (const [name, value] of Object.entries({ cx: x, cy: 6, r: radius, class: className }))
    circle.setAttribute(name, String(value))
  return circle
}
