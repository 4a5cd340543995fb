/** Elements without markup in strings: what comes from a file or a model is text, never HTML. */

/** The one element of a selector. */
export const one = (selector, within = document) => within.querySelector(selector);

/** An element with properties and children. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
