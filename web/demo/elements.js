// The two things that every part of the page does with elements. Data reaches them as text, never as markup, so
// nothing that somebody publishes is run.

export const element = (id) => document.getElementById(id);

export function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}
