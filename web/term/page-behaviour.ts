// Behaviour of the page's terminals: the stored settings, dialogs, clipboard access.

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
