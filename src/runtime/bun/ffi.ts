// Functions of native libraries, from Bun.

import { dlopen as bunDlopen, ptr as bunPtr } from "bun:ffi"
import type { AddressOf, Dlopen } from "../types.ts"

export const dlopen = bunDlopen as unknown as Dlopen
export const ptr = bunPtr as unknown as AddressOf
