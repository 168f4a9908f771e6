// What `ptyline mcp` can be told by flag; the tools have their own variables, PTY_MCP_*.

import type { Flags } from "../lib/flags.ts"

export const MCP_SUMMARY = "Serve the tools for agents over stdio (MCP)"
export const MCP_FLAGS: Flags = {
  url: {
    type: "string",
    description: "work on the server at this address instead; its token is PTYLINE_TOKEN",
    hint: "url",
  },
  approve: {
    type: "string",
    description: "who allows dangerous commands: off (the agent confirms them itself) or human",
    hint: "who",
    default: "off",
  },
  holders: {
    type: "boolean",
    description: "sessions may outlive this process when they are asked to",
    default: true,
  },
}
