// The internals of xterm.js that the screen uses must exist: a new version may rename them.

import { expect, test } from "bun:test"
import { coreOf, scratchCell } from "../../src/screen/xterm/internals.ts"
import { feed, viewer } from "./state.ts"

test("the emulator has the members that internals.ts declares", () => {
  const terminal = viewer({ cols: 80, rows: 24 })
  feed(terminal, "\x1b]8;;https://example.org\x1b\\x\x1b[1 q")
  const core = coreOf(terminal)
  const { buffers, coreService, coreMouseService, unicodeService, _charsetService, _inputHandler } = core
  const { normal, alt, active } = buffers
  expect([core.cols, core.rows, active === normal, active === alt]).toEqual([80, 24, true, false])
  expect(normal).toMatchObject({ ybase: 0, x: 1, y: 0, scrollTop: 0, scrollBottom: 23, savedX: 0, savedY: 0 })
  expect(normal.savedCurAttrData).toMatchObject({ fg: 0, bg: 0 })
  expect([normal.lines.length, normal.tabs[8], normal.savedCharset]).toEqual([24, true, undefined])
  expect(coreService).toMatchObject({ isCursorHidden: false, modes: { insertMode: false } })
  const dec = { wraparound: true, origin: false, sendFocus: false, cursorStyle: "block", cursorBlink: true }
  expect(coreService.decPrivateModes).toMatchObject({
    ...dec,
    applicationKeypad: false,
    reverseWraparound: false,
  })
  expect(coreService.decPrivateModes).toMatchObject({
    applicationCursorKeys: false,
    bracketedPasteMode: false,
  })
  expect(coreMouseService).toMatchObject({ activeProtocol: "NONE", activeEncoding: "DEFAULT" })
  expect(core.options.convertEol).toBe(false)
  expect([_charsetService.charset, _charsetService.glevel, _charsetService._charsets.length]).toEqual([
    undefined,
    0,
    0,
  ])
  expect(unicodeService.charProperties(0x41, 0)).toBeNumber()
  const { extended } = _inputHandler.getAttrData()
  expect(core._oscLinkService.getLinkData(extended.urlId)?.uri).toBe("https://example.org")
  expect(_inputHandler._parser).toMatchObject({ currentState: 0 })
  expect(_inputHandler._parser._transitions.table.length).toBe(4095)
  const cell = normal.lines.get(0)!.loadCell(0, scratchCell(terminal))
  expect([cell.getChars(), cell.getWidth(), cell.extended.underlineStyle]).toEqual(["x", 1, 5])
  expect(scratchCell(terminal)).not.toBe(scratchCell(terminal))
})
