// Terminal flags with their values in termios(3) of Linux and macOS.

const linux = process.platform !== "darwin"

export const ECHO = 0x8
export const ICANON = linux ? 0x2 : 0x100
const IEXTEN = linux ? 0x8000 : 0x400
const IXON = linux ? 0x400 : 0x200
const BRKINT = 0x2
const ISTRIP = 0x20
const INLCR = 0x40
const IGNCR = 0x80
const ICRNL = 0x100
const OPOST = 0x1

/** Flags that are off in a raw terminal. ISIG stays on: the signal keys work. */
export const RAW = {
  input: BRKINT | ISTRIP | INLCR | IGNCR | ICRNL | IXON,
  output: OPOST,
  local: ECHO | ICANON | IEXTEN,
}
