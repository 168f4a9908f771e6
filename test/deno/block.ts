// One block of tests, which is a `describe` or a file: its hooks and how they run around its tests.

export type Work = () => unknown

export class Block {
  readonly skipped: boolean
  readonly beforeAll: Work[] = []
  readonly afterAll: Work[] = []
  readonly beforeEach: Work[] = []
  readonly afterEach: Work[] = []
  #name: string
  #outer: Block | null
  #begun: Promise<void> | null = null
  #testsLeft = 0

  /** `outer`: the block that contains this one; null for a file. */
  constructor(name: string, outer: Block | null, skipped = false) {
    this.#name = name
    this.#outer = outer
    this.skipped = skipped || outer?.skipped === true
  }

  /** Returns a test's name after the names of its blocks. */
  title(test: string): string {
    return this.#outer ? this.#outer.title(`${this.#name} > ${test}`) : test
  }

  /** Counts a test, so that `afterAll` runs after the last one. */
  addTest(): void {
    for (const block of this.#chain()) block.#testsLeft++
  }

  /** Runs one test with the hooks of this block and those around it. */
  async run(test: Work): Promise<void> {
    const blocks = this.#chain()
    const errors: unknown[] = []
    const attempt = (work: Work) =>
      Promise.resolve()
        .then(work)
        .catch(error => void errors.push(error))
    await attempt(async () => {
      for (const block of blocks) await block.#begin()
      for (const block of blocks) await inOrder(block.beforeEach)
      await test()
    })
    for (const block of blocks.toReversed()) for (const work of block.afterEach) await attempt(work)
    // the file's hooks run by `finish`, after all other work of the file
    for (const block of blocks.slice(1).toReversed())
      if (--block.#testsLeft === 0) await attempt(() => block.finish())
    if (errors.length > 0) throw errors[0]
  }

  /** Runs `afterAll`, unless no test ran. */
  async finish(): Promise<void> {
    if (this.#begun) await inOrder(this.afterAll)
  }

  #begin(): Promise<void> {
    this.#begun ??= inOrder(this.beforeAll)
    return this.#begun
  }

  /** The blocks around a test, from the file inwards. */
  #chain(): Block[] {
    return this.#outer ? [...this.#outer.#chain(), this] : [this]
  }
}

async function inOrder(works: Work[]): Promise<void> {
  for (const work of works) await work()
}
