// Loads the component from the server, as other pages do, and not from this page's bundle.

/** Defines <ptyline-terminal>. */
export const loadComponent = (): Promise<unknown> =>
  import(new URL("/ptyline-terminal.js", location.href).href)
