// Files that are imported as text.

declare module "*.css" {
  const text: string
  // biome-ignore lint/style/noDefaultExport: what the bundler makes of a file's text is its default export
  export default text
}

declare module "*.md" {
  const text: string
  // biome-ignore lint/style/noDefaultExport: what the bundler makes of a file's text is its default export
  export default text
}
