// Lets xterm.js draw under a Content-Security-Policy without 'unsafe-inline', and leaves the rest of the page alone.
// xterm.js writes <style> elements and style attributes, which `style-src 'self'` blocks. What scripts do through the
// CSSOM is allowed, and has the same effect: constructed style sheets and `element.style`.

type Root = Document | ShadowRoot

/** The document as a terminal in `root` is to see it: the elements it makes there are styled without inline styles. */
export function documentForCsp(root: Root): Document {
  const create = creator(root)
  setStylesByCssom()
  return new Proxy(document, {
    get(target, name) {
      if (name === "createElement") return create
      const value = Reflect.get(target, name, target)
      return typeof value === "function" ? value.bind(target) : value
    },
  })
}

/** Opens a terminal in `root`: xterm.js 6 makes one of its style sheets then, and of the real document whatever it was given. */
export function openUnderCsp(root: Root, open: () => void): void {
  const quietly = creator(root)
  try {
    document.createElement = quietly as typeof document.createElement
    open()
  } finally {
    // the prototype's own again
    Reflect.deleteProperty(document, "createElement")
  }
}

type Creator = (tag: string, options?: ElementCreationOptions) => HTMLElement

const creator = (root: Root): Creator => {
  const create = Document.prototype.createElement.bind(document)
  return (tag, options) => (tag === "style" ? constructedStyle(root) : create(tag, options))
}

/**
 * Style attributes that scripts set go through the CSSOM, on the whole page: that has the same effect, and xterm.js makes its cells in the
 * real document whatever it was given. Once.
 */
function setStylesByCssom(): void {
  if (styled) return
  styled = true
  const setAttribute = Element.prototype.setAttribute
  Element.prototype.setAttribute = function (this: Element, name: string, value: string) {
    if (name === "style" && this instanceof HTMLElement) this.style.cssText = value
    else setAttribute.call(this, name, value)
  }
}

let styled = false

/** An inert element whose text goes into a constructed style sheet. A real <style> violates the policy even when empty. */
function constructedStyle(root: Root): HTMLElement {
  const element = Document.prototype.createElement.call(document, "template")
  const sheet = new CSSStyleSheet()
  root.adoptedStyleSheets.push(sheet)
  const remove = element.remove.bind(element)
  Object.defineProperty(element, "textContent", { set: (text: string) => sheet.replaceSync(text) })
  element.remove = () => {
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter(other => other !== sheet)
    remove()
  }
  return element
}
