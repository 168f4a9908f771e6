// Style sheet of the component: xterm.js's own, and the layout of the terminal in its element.

import xterm from "@xterm/xterm/css/xterm.css" with { type: "text" }

const OWN = `
:host {
  display: block;
  position: relative;
  overflow: hidden;
  min-width: 2em;
  height: 24em;
  background: var(--ptyline-background, light-dark(#fffefc, #0d0e11));
  container-type: size;
}
:host([hidden]) { display: none; }
.scroll { position: absolute; inset: 0; overflow: hidden; }
:host([mode="view"]) .scroll { overflow: auto; scrollbar-width: thin; }
.box { width: 100cqw; height: 100cqh; }
.box .xterm { height: 100%; padding: var(--ptyline-padding, 8px); }
:host([mode="view"]) .xterm { width: max-content; height: max-content; }
.xterm .xterm-viewport { background: none; }
.message {
  position: absolute;
  inset: auto 0 0 0;
  padding: 3px 10px;
  font: 12px/1.5 system-ui, sans-serif;
  color: #fff;
  background: #000c;
}
.message:empty { display: none; }
`

let sheet: CSSStyleSheet | undefined

/** Returns the style sheet that all terminals of the page share. */
export function componentSheet(): CSSStyleSheet {
  if (sheet) return sheet
  sheet = new CSSStyleSheet()
  sheet.replaceSync(xterm + OWN)
  return sheet
}
