// The habits of the page's own terminals: the person's settings, dialogs that ask, the page's clipboard.

import type { ITerminalOptions } from "@xterm/xterm"
import { isDark, onSettings, settings } from "../ui/settings.ts"
import type { TerminalBehaviour } from "./behaviour.ts"
import { catchPaste, programClipboard } from "./clipboard.ts"
import { markedLinks, plainLinks } from "./links.ts"
import { themeOptions } from "./themes.ts"

const appearance = (): ITerminalOptions => ({
  fontSize: settings().fontSize,
  screenReaderMode: settings().screenReader,
  ...themeOptions(isDark()),
})

export const PAGE_BEHAVIOUR: TerminalBehaviour = {
  appearance,
  onAppearance: onSettings,
  markedLinks,
  plainLinks,
  programClipboard,
  catchPaste,
}
