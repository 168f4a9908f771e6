// Secrets in output: a program that shows what was typed does not get it into logs and recordings.

const STAR = "*"

/** `text` with every secret starred out, at equal length so that columns stay where they are. */
export function redacted(text: string, secrets: Iterable<string>): string {
  let clean = text
  for (const secret of secrets)
    if (secret !== "") clean = clean.replaceAll(secret, STAR.repeat(secret.length))
  return clean
}

/** The same for text that comes in pieces: what might be the beginning of a secret is held until it is known. */
export class Redactor {
  readonly #secrets: Set<string>
  #held = ""

  constructor(secrets: Set<string>) {
    this.#secrets = secrets
  }

  pass(text: string, last = false): string {
    const all = redacted(this.#held + text, this.#secrets)
    const keep = last ? 0 : this.#openEnd(all)
    this.#held = all.slice(all.length - keep)
    return all.slice(0, all.length - keep)
  }

  /** How many characters at the end are the beginning of a secret. */
  #openEnd(text: string): number {
    let longest = 0
    for (const secret of this.#secrets)
      for (let n = Math.min(secret.length - 1, text.length); n > longest; n--)
        if (text.endsWith(secret.slice(0, n))) longest = n
    return longest
  }
}
