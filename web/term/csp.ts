// Lets xterm.js draw under a Content-Security-Policy without 'unsafe-inline'. xterm.js writes <style>
// elements and style attributes, which `style-src 'self'` blocks. The CSSOM is allowed and has the same
// effect: constructed style sheets and `element.style`.

type Root = Document | ShadowRoot

/** Returns a view of the document for a terminal in `root`. It creates elements without inline styles. */
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

/** Opens a terminal in `root`. xterm.js 6 then creates a style sheet with the real document. */
export function openUnderCsp(root: Root, open: () => void): void {
  const create = creator(root)
  try {
    document.createElement = create as typeof document.createElement
    open()
  } finally {
    // Restore the prototype's method.
    Reflect.deleteProperty(document, "createElement")
  }
}

type Creator = (tag: string, options?: ElementCreationOptions) => HTMLElement

const creator = (root: Root): Creator => {
  const create = Document.prototype.createElement.bind(document)
  return (tag, options) => (tag === "style" ? constructedStyle(root) : create(tag, options))
}

/**
 * Makes `setAttribute("style", …)` use the CSSOM on the whole page, because xterm.js creates its cells with
 * the real document. Safe to call twice.
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

/** Creates an inert element that sets a constructed style sheet. An empty <style> is a violation too. */
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
