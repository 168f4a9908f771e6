// The table of all tools (contract pty-mcp, 2.3 and 2.4).

import type { McpSettings } from "../session/settings.ts"
import { ADMIN } from "./admin.ts"
import { DRIVE } from "./drive.ts"
import { READ } from "./read.ts"
import { START } from "./start.ts"
import type { Tool } from "./tool.ts"

const BY_NAME = new Map([...START, ...READ, ...DRIVE, ...ADMIN].map(tool => [tool.name, tool]))

export const toolNamed = (name: string): Tool | undefined => BY_NAME.get(name)

export const enabled = (tool: Tool, settings: McpSettings): boolean =>
  tool.group === undefined || (tool.group === "control" ? settings.controlTools : settings.adminTools)

/** Returns the tools that the settings enable, in listing order. */
export const shownTools = (settings: McpSettings): Tool[] =>
  [...BY_NAME.values()].filter(tool => enabled(tool, settings))
