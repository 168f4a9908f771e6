// Shell script of a pane: runs the program, then writes its exit code to the output.

import type { Spec } from "../../core/session/backend.ts"

/** Returns a word quoted for sh. */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** Variables that tmux and sh add to a child's environment. */
const ADDED =
  "TMUX TMUX_PANE TERM_PROGRAM TERM_PROGRAM_VERSION TERM COLORTERM PWD OLDPWD SHLVL LANG PATH HOME SHELL USER LOGNAME _"
/** Makes the terminal raw, as `RAW` of termios.ts: no editing, echo or translation; signal keys work. */
const RAW = "stty -brkint -istrip -inlcr -igncr -icrnl -ixon -opost -echo -icanon -iexten"
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/
/** Signals that may reach the whole group. The program gets them; sh must survive them. */
const SIGNALS = "HUP INT QUIT TERM TSTP USR1 USR2"

/**
 * Returns the script. It removes its own file `path`, because variables may be secrets. So is `nonce`:
 * without it a program cannot fake the end mark. The shell stays after the mark: tmux closes a terminal as
 * soon as its process exits, and drops output that is still in the kernel.
 */
export function paneScript({ argv, cwd, env, raw, echo }: Spec, path: string, nonce: string): string {
  const variables = Object.entries(env)
  const odd = variables.filter(([name]) => !IDENTIFIER.test(name))
  const command = [
    ...(odd.length > 0 ? ["env", ...odd.map(([name, value]) => `${name}=${value}`)] : []),
    ...argv,
  ]
  return [
    "PATH=/usr/bin:/bin",
    `rm -f -- ${quoted(path)}`,
    ...(raw ? [RAW] : echo ? [] : ["stty -echo"]),
    `cd -- ${quoted(cwd)} || exit 126`,
    `unset ${ADDED}`,
    ...variables
      .filter(([name]) => IDENTIFIER.test(name))
      .map(([name, value]) => `export ${name}=${quoted(value)}`),
    `trap : ${SIGNALS}`,
    `(trap - ${SIGNALS}; exec ${command.map(quoted).join(" ")})`,
    `printf '\\033_${nonce}:%d\\033\\\\' $?`,
    "exec /bin/sleep 86400",
    "",
  ].join("\n")
}

/** Returns the start of the end mark; the exit code follows. */
export const endMark = (nonce: string): string => `\x1b_${nonce}:`
