// The component as any page gets it: from the server, and not bundled with the page.

/** Defines <ptyline-terminal>. */
export const loadComponent = (): Promise<unknown> =>
  import(new URL("/ptyline-terminal.js", location.href).href)
