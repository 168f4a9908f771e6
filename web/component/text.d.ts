// Types of files that are imported as text.

declare module "*.css" {
  const text: string
  // biome-ignore lint/style/noDefaultExport: the bundler exports a file's text as default
  export default text
}

declare module "*.md" {
  const text: string
  // biome-ignore lint/style/noDefaultExport: the bundler exports a file's text as default
  export default text
}
