// The terminal's two palettes. The background must equal --term in css/tokens.css.

import type { ITheme } from "@xterm/xterm"

const DARK: ITheme = {
  background: "#0d0e11",
  foreground: "#dcdee3",
  cursor: "#e9965a",
  cursorAccent: "#0d0e11",
  selectionBackground: "#4a3b2f",
  selectionInactiveBackground: "#33302d",
  scrollbarSliderBackground: "#ffffff22",
  scrollbarSliderHoverBackground: "#ffffff3d",
  scrollbarSliderActiveBackground: "#ffffff55",
  black: "#23262d",
  red: "#f0787b",
  green: "#7cc799",
  yellow: "#e0b968",
  blue: "#7daaf2",
  magenta: "#c596e8",
  cyan: "#68c3cf",
  white: "#c9ccd3",
  brightBlack: "#7a808c",
  brightRed: "#ff9a9a",
  brightGreen: "#9de0b5",
  brightYellow: "#f2d08a",
  brightBlue: "#a3c4ff",
  brightMagenta: "#dab6f5",
  brightCyan: "#8fdde7",
  brightWhite: "#f4f5f7",
}

const LIGHT: ITheme = {
  background: "#fffefc",
  foreground: "#26241f",
  cursor: "#b0521a",
  cursorAccent: "#fffefc",
  selectionBackground: "#f3d9c4",
  selectionInactiveBackground: "#ece6df",
  scrollbarSliderBackground: "#0000001f",
  scrollbarSliderHoverBackground: "#00000038",
  scrollbarSliderActiveBackground: "#0000004d",
  black: "#26241f",
  red: "#b3261e",
  green: "#1f7a45",
  yellow: "#8a5a00",
  blue: "#245ec2",
  magenta: "#8636a8",
  cyan: "#0b7285",
  white: "#6e6a62",
  brightBlack: "#6f6b64",
  brightRed: "#c93a31",
  brightGreen: "#2a7f4d",
  brightYellow: "#8f6512",
  brightBlue: "#3a6fd0",
  brightMagenta: "#9a4bbb",
  brightCyan: "#1d7c8e",
  brightWhite: "#3a372f",
}

/** Programs choose colours for a dark terminal. In the light theme xterm darkens those below AA contrast. */
export const themeOptions = (dark: boolean): { theme: ITheme; minimumContrastRatio: number } =>
  dark ? { theme: DARK, minimumContrastRatio: 1 } : { theme: LIGHT, minimumContrastRatio: 4.5 }

/** Returns the colours of search results. The overview ruler needs opaque colours. */
export const searchMarks = (dark: boolean) =>
  dark
    ? {
        matchBackground: "#4d4020",
        activeMatchBackground: "#8a5a28",
        matchOverviewRuler: "#e0b968",
        activeMatchColorOverviewRuler: "#e9965a",
      }
    : {
        matchBackground: "#f6e3a8",
        activeMatchBackground: "#f0b27a",
        matchOverviewRuler: "#b98a1f",
        activeMatchColorOverviewRuler: "#b0521a",
      }
