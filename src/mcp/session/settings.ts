// The settings of the MCP tools, from the environment variables PTY_MCP_* (contract pty-mcp, 2.2).

export type McpVariables = Record<string, string | undefined>

export const SETTINGS_PREFIX = "PTY_MCP_"

/** Returns an environment's settings. Missing and invalid variables have their default. */
export function settingsOf(env: McpVariables) {
  const text = (name: string) => env[SETTINGS_PREFIX + name]?.trim() || undefined
  const on = (name: string, fallback = false) => switchOf(text(name), fallback)
  const number = (name: string, fallback: number) => numberOf(text(name), fallback)
  return {
    requireOwner: on("REQUIRE_OWNER", true),
    controlTools: on("ENABLE_CONTROL_TOOLS"),
    adminTools: on("ENABLE_ADMIN_TOOLS"),
    /** Null: the built-in list. */
    dangerousPatterns: text("DANGEROUS_PATTERNS")?.split(";").filter(Boolean) ?? null,
    confirmTtlSec: number("DANGEROUS_CONFIRM_TTL_SEC", 300),
    legacyConfirmation: on("DANGEROUS_LEGACY_MODE"),
    logDirectory: text("SESSION_LOG_DIR") ?? null,
    maxSessions: number("MAX_SESSIONS", 20),
    idleTimeoutSec: number("IDLE_TIMEOUT_SEC", 900),
    idleGraceSec: number("IDLE_GRACE_SEC", 0),
    gcIntervalSec: Math.max(0.1, number("GC_INTERVAL_SEC", 5)),
    ringMaxBytes: number("RING_MAX_BYTES", 1 << 20) || 1 << 20,
    readTimeoutMs: number("READ_TIMEOUT_MS", 300),
    maxChars: number("MAX_CHARS", 8000) || 8000,
    readUntilMaxMs: number("READ_UNTIL_MAX_MS", 60_000),
    quiescenceMs: number("QUIESCENCE_MS", 300),
    spawnTimeoutSec: number("SPAWN_TIMEOUT_SEC", 0),
    outputRate: number("OUTPUT_RATE_BPS", 0),
    inputRate: number("INPUT_RATE_BPS", 0),
    backend: text("BACKEND") ?? "subprocess",
    spawnMeta: on("SPAWN_META"),
  }
}

export type McpSettings = ReturnType<typeof settingsOf>

const switchOf = (text: string | undefined, fallback: boolean): boolean =>
  text === undefined ? fallback : /^(1|true|yes)$/i.test(text)

function numberOf(text: string | undefined, fallback: number): number {
  const value = Number(text ?? fallback)
  return Number.isFinite(value) && value >= 0 ? value : fallback
}
