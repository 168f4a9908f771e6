// `ptyline completion`: prints scripts that let a shell complete commands, flags and session names.

import { oneWord, type Parsed, UsageError } from "../lib/flags.ts"
import { put } from "../lib/print.ts"
import type { Verb } from "../lib/verb.ts"

const SHELLS = { bash, zsh, fish }

export async function completion(parsed: Parsed, verbs: Verb[]): Promise<number> {
  const shell = oneWord(parsed, "SHELL")
  if (!Object.hasOwn(SHELLS, shell))
    throw new UsageError(`completion supports bash, zsh and fish, got ${JSON.stringify(shell)}`, {
      word: shell,
      names: Object.keys(SHELLS),
    })
  await put(1, SHELLS[shell as keyof typeof SHELLS](verbs))
  return 0
}

const names = (verbs: Verb[]): string => verbs.map(verb => verb.name).join(" ")
const shownFlags = (verb: Verb) => Object.entries(verb.flags).filter(([, flag]) => !flag.hidden)
const flagsOf = (verb: Verb): string[] =>
  [...shownFlags(verb).map(([name]) => name), "help"].map(flag => `--${flag}`)
/** The commands whose first word is a session. */
const withSession = (verbs: Verb[]): Verb[] => verbs.filter(verb => verb.words?.[0] === "id")
/** Prints session names, one per line; nothing if no server runs. */
const SESSIONS = "ptyline ls 2>/dev/null | awk -F '  +' 'NR > 1 { print ($2 == \"-\") ? $1 : $2 }'"

function bash(verbs: Verb[]): string {
  const cases = verbs.map(verb => `    ${verb.name}) flags="${flagsOf(verb).join(" ")}" ;;`)
  return `_ptyline() {
  local word=\${COMP_WORDS[COMP_CWORD]} flags=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names(verbs)}" -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join("\n")}
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")); return ;;
  esac
  case " ${names(withSession(verbs))} " in
    *" \${COMP_WORDS[1]} "*) _ptyline_sessions "$word" ;;
  esac
}
# session names are data: compgen -W would expand them, and the command line would run them
_ptyline_sessions() {
  local name
  COMPREPLY=()
  while IFS= read -r name; do
    case $name in
      "$1"*) [ -n "$BASH_VERSION" ] && printf -v name %q "$name"; COMPREPLY+=("$name") ;;
    esac
  done < <(${SESSIONS})
}
complete -o default -F _ptyline ptyline
`
}

function zsh(verbs: Verb[]): string {
  return `#compdef ptyline
autoload -U +X bashcompinit && bashcompinit
${bash(verbs)}`
}

function fish(verbs: Verb[]): string {
  const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`
  const commands = verbs.map(
    verb => `complete -c ptyline -n __fish_use_subcommand -f -a ${verb.name} -d ${quoted(verb.summary)}`,
  )
  const flags = verbs.flatMap(verb =>
    shownFlags(verb).map(
      ([flag, { description }]) =>
        `complete -c ptyline -n '__fish_seen_subcommand_from ${verb.name}' -l ${flag} -d ${quoted(description)}`,
    ),
  )
  const sessions = `complete -c ptyline -n '__fish_seen_subcommand_from ${names(withSession(verbs))}' -f -a "(${SESSIONS.replaceAll('"', '\\"').replaceAll("$", "\\$")})"`
  return [...commands, ...flags, sessions, ""].join("\n")
}
