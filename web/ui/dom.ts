// Helpers to build DOM elements. Text is never parsed as markup.

export type Child = Node | string | null | false | undefined
type Handler = (event: never) => void
type Prop = string | number | boolean | null | undefined | Handler
export type Props = Record<string, Prop>

/**
 * Creates an element with attributes, listeners (`onclick: fn`) and children. Props that are false, null or
 * undefined are left out; `true` is an empty attribute. The page's Content-Security-Policy forbids `style`.
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

/** Sets an attribute, or removes it for false, null and undefined. A function becomes a listener. */
export function setProp(element: Element, name: string, value: Prop): void {
  if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener)
  else if (value === false || value === null || value === undefined) element.removeAttribute(name)
  else element.setAttribute(name, value === true ? "" : String(value))
}

/** Changes the text only if it differs, so that live regions and selections are not disturbed. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Adds a listener. Returns the function that removes it. */
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
