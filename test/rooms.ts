// Which rooms of a folder may import each other.

/**
 * The rooms of a folder, and the sibling rooms that each may import. `.` means its own files; `type:` allows
 * types only. A new arrow is a decision: first see whether the code stands in the right room.
 */
export const ROOMS: Record<string, Record<string, string[]>> = {
  "src/core": {
    lib: [],
    log: ["lib", "type:session"],
    access: ["lib", "type:session"],
    session: ["lib", "log", "access"],
    registry: ["lib", "log", "access", "session"],
  },
  "src/backends": {
    process: [],
    terminal: ["process"],
    pipe: ["process"],
    "bun-pty": ["process", "terminal"],
    tmux: ["process", "terminal"],
    ".": ["terminal", "pipe", "bun-pty", "tmux"],
    holder: [".", "process", "terminal", "pipe"],
  },
  "src/runtime": {
    ".": [],
    shared: ["."],
    bun: [".", "shared"],
    deno: [".", "shared"],
  },
  "src/store": {
    frames: [],
    segments: ["frames", "state"],
    secrets: ["state"],
    state: ["type:frames", "segments", "secrets"],
  },
  "src/screen": { ".": ["xterm"], xterm: [".", "render"], render: ["type:.", "xterm"] },
  "src/ops": {
    ".": ["sessions", "output", "access"],
    sessions: [".", "output"],
    output: [".", "sessions"],
    access: [".", "output"],
  },
  "src/http": {
    ".": ["access", "api", "stream"],
    access: ["type:.", "api"],
    api: ["type:.", "stream"],
    attach: ["type:.", "api"],
    stream: ["type:.", "type:access", "api", "attach"],
    workers: [".", "api"],
  },
  "src/mcp": {
    protocol: ["session", "tools", "fixtures"],
    tools: ["session", "calls"],
    calls: ["session", "tools"],
    session: ["tools"],
    fixtures: ["protocol", "type:session"],
  },
  "src/compat/mop": {
    ".": ["session", "type:attic"],
    attic: ["."],
    http: [".", "session"],
    session: ["."],
  },
  "src/cli": {
    ".": ["attach", "commands", "connect", "expect", "lib", "mcp", "run", "serve"],
    attach: ["connect", "lib", "run"],
    commands: ["attach", "compat", "connect", "lib", "run", "serve"],
    compat: ["lib", "type:serve"],
    connect: ["lib"],
    expect: ["connect", "lib", "run"],
    lib: ["attach", "expect", "run", "serve"],
    mcp: ["connect", "lib", "serve"],
    run: ["attach", "connect", "lib"],
    serve: ["compat", "connect", "lib"],
  },
  web: {
    ".": ["api", "examples", "page", "ui"],
    ui: [],
    term: ["ui"],
    api: ["connection", "ui"],
    connection: ["api", "ui"],
    pane: ["api", "connection", "page", "term", "ui"],
    player: ["api", "page", "term", "ui"],
    page: ["api", "connection", "pane", "player", "term", "ui"],
    component: ["connection", "pane", "term"],
    examples: ["ui"],
    css: [],
  },
}
