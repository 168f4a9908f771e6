// Console blocks: commands after `$ `, continued after `> `, each followed by the output it must print.

export type Step = { command: string; output: string[] }

/** Returns a console block's commands. Throws when text precedes the first command. */
export function steps(text: string): Step[] {
  const found: Step[] = []
  for (const line of text.split("\n")) {
    const last = found.at(-1)
    if (line.startsWith("$ ")) found.push({ command: line.slice(2), output: [] })
    else if (last === undefined) throw new Error(`output without a command: ${JSON.stringify(line)}`)
    else if (line.startsWith("> ") && last.output.length === 0) last.command += `\n${line.slice(2)}`
    else last.output.push(line)
  }
  return found
}

/** Does a command print what its page says? `...` matches text within a line, or any lines when alone. */
export const matches = (expected: string[], actual: string): boolean =>
  pattern(expected).test(`${tidy(actual)}\n`)

function pattern(expected: string[]): RegExp {
  const lines = tidy(expected.join("\n")).split("\n")
  return new RegExp(`^${lines.map(lineExpression).join("")}$`)
}

const lineExpression = (line: string): string =>
  line.trim() === "..." ? "(?:.*\\n)*?" : `${line.split("...").map(RegExp.escape).join(".*?")}\\n`

/**
 * Returns text without carriage returns, spaces at line ends and empty lines at the end.
 * Bash's prompt becomes the same for every version and user.
 */
const tidy = (text: string): string =>
  text
    .replace(/bash-\d+\.\d+[#$]/g, "bash$")
    .replaceAll("\r", "")
    .replace(/[ \t]+$/gm, "")
    .trimEnd()
