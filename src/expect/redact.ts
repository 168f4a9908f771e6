// Masks secrets in output, so that a program's echo does not put them into logs and recordings.

const STAR = "*"

/** Masks every secret in `text` with stars of equal length, so that columns stay aligned. */
export function redact(text: string, secrets: Iterable<string>): string {
  let clean = text
  for (const secret of secrets)
    if (secret !== "") clean = clean.replaceAll(secret, STAR.repeat(secret.length))
  return clean
}

/** Does the same for text in pieces. Holds back a possible start of a secret until the next piece. */
export class Redactor {
  readonly #secrets: Set<string>
  #partial = ""

  constructor(secrets: Set<string>) {
    this.#secrets = secrets
  }

  pass(text: string, last = false): string {
    const redacted = redact(this.#partial + text, this.#secrets)
    const keep = last ? 0 : this.#partialLength(redacted)
    this.#partial = redacted.slice(redacted.length - keep)
    return redacted.slice(0, redacted.length - keep)
  }

  /** Returns the length of a possible start of a secret at the end of `text`. */
  #partialLength(text: string): number {
    let longest = 0
    for (const secret of this.#secrets)
      for (let n = Math.min(secret.length - 1, text.length); n > longest; n--)
        if (text.endsWith(secret.slice(0, n))) longest = n
    return longest
  }
}
