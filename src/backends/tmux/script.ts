// What a pane runs: a file for sh that runs the program and then says, in the output itself, how it ended.

import { SESSION_VARIABLE } from "../../core/access/policy.ts"
import type { Spec } from "../../core/session/backend.ts"

/** A word as sh reads it back. */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** What tmux and sh put into a child's environment by themselves. */
const THEIRS =
  "TMUX TMUX_PANE TERM_PROGRAM TERM_PROGRAM_VERSION TERM COLORTERM PWD OLDPWD SHLVL LANG PATH HOME SHELL USER LOGNAME _"
/** A terminal as `RAW` of termios.ts says: no editing, no echo, no translation; the signal keys work. */
const RAW = "stty -brkint -istrip -inlcr -igncr -icrnl -ixon -opost -echo -icanon -iexten"
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/
/** What a person or a stop of the session sends to the whole group: the program's to obey, and sh's to outlive. */
const SIGNALS = "HUP INT QUIT TERM TSTP USR1 USR2"

/**
 * `path` is the file's own, which it takes away: variables may be secrets, and `nonce` is one, so that no program can say in its
 * output that it has ended. tmux closes a terminal as soon as its process is gone, with what the kernel still has in hand: so
 * the process stays until the last byte was seen behind all others.
 */
export function paneScript({ argv, cwd, env, raw, echo }: Spec, path: string, nonce: string): string {
  const variables = Object.entries(env)
  const odd = variables.filter(([name]) => !IDENTIFIER.test(name))
  const words = [
    ...(odd.length > 0 ? ["env", ...odd.map(([name, value]) => `${name}=${value}`)] : []),
    ...argv,
  ]
  return [
    "PATH=/usr/bin:/bin",
    `rm -f -- ${quoted(path)}`,
    ...(raw ? [RAW] : echo ? [] : ["stty -echo"]),
    `cd -- ${quoted(cwd)} || exit 126`,
    `unset ${THEIRS}`,
    ...variables
      .filter(([name]) => IDENTIFIER.test(name))
      .map(([name, value]) => `export ${name}=${quoted(value)}`),
    `trap : ${SIGNALS}`,
    `(trap - ${SIGNALS}; exec ${words.map(quoted).join(" ")})`,
    `printf '\\033_${nonce}:%d\\033\\\\' $?`,
    "exec /bin/sleep 86400",
    "",
  ].join("\n")
}

/** What the script says at the end, up to the exit code. */
export const endMark = (nonce: string): string => `\x1b_${nonce}:`

/** The session that a pane is for. */
export const sessionIdOf = (spec: Spec): string => spec.env[SESSION_VARIABLE] ?? ""
