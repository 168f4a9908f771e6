// The flags of `ptyline mcp`. The tools have their own variables, PTY_MCP_*.

import { type Flags, option, toggle } from "../lib/flags.ts"

export const MCP_SUMMARY = "Serve the tools for agents over stdio (MCP)"
export const MCP_FLAGS: Flags = {
  url: option("use the server at this address; its token is read from PTYLINE_TOKEN", { hint: "url" }),
  approve: option("who approves dangerous commands: off (the agent confirms them itself) or human", {
    hint: "who",
    default: "off",
  }),
  holders: toggle("allow durable sessions, which outlive this process", { default: true }),
}
