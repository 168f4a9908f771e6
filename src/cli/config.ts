export function readConfig(_env: unknown): { sections: Record<string, Record<string, string>> } {
  return { sections: {} }
}
