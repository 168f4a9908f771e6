// The terminal class of headless xterm.js: a CommonJS module, of which Deno sees the default export only.

import headless from "@xterm/headless"

export const { Terminal } = headless
