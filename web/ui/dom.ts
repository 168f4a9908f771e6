// Small helpers to make elements. Text is only ever text: nothing here parses markup.

export type Child = Node | string | null | false | undefined
type Handler = (event: never) => void
type Prop = string | number | boolean | null | undefined | Handler
export type Props = Record<string, Prop>

/**
 * An element with attributes, listeners (`onclick: fn`) and children. A prop that is false, null or undefined is left
 * out and `true` is an empty attribute. There is no `style`: the page's Content-Security-Policy forbids it.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) setProp(element, name, value)
  element.append(...children.filter(isPresent))
  return element
}

/** Sets, replaces or (with false, null, undefined) removes one attribute; a function becomes a listener. */
export function setProp(element: Element, name: string, value: Prop): void {
  if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener)
  else if (value === false || value === null || value === undefined) element.removeAttribute(name)
  else element.setAttribute(name, value === true ? "" : String(value))
}

/** Changes the text only when it differs, so that live regions and selections stay quiet. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Listens until the returned function is called. */
export function listen(
  target: EventTarget,
  type: string,
  handler: (event: never) => void,
  options?: AddEventListenerOptions,
): () => void {
  target.addEventListener(type, handler as EventListener, options)
  return () => target.removeEventListener(type, handler as EventListener, options)
}

const isPresent = (child: Child): child is Node | string =>
  child !== null && child !== false && child !== undefined
