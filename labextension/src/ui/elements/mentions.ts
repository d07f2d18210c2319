/** The name of an element in a text becomes a link that opens it, as in Chainlit; only where it stands as a word, and never in code. */

import type { Element } from '../../frames.js';
import { nameOf } from './shared.js';

const UNTOUCHED = 'a, button, code, pre, math, .jcs-code';

/** Link what is not linked yet; return the ids of the elements that the text mentions. */
export function linkMentions(
  root: HTMLElement,
  elements: readonly Element[],
  open: (element: Element) => void,
): ReadonlySet<string> {
  const byName = new Map(elements.map((element) => [nameOf(element), element]));
  // The longest first: of "plan" and "plan B", the second is meant where both fit.
  const names = [...byName.keys()].sort((a, b) => b.length - a.length).map(escaped);
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${names.join('|')})(?![\\p{L}\\p{N}_])`, 'gu');
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) texts.push(walker.currentNode as Text);
  for (const text of texts) {
    if (text.parentElement?.closest(UNTOUCHED) != null) continue;
    // From the end, so that what is before keeps its place.
    for (const match of [...text.data.matchAll(pattern)].reverse()) {
      const element = byName.get(match[0]);
      if (element === undefined) continue;
      const named = text.splitText(match.index);
      named.splitText(match[0].length);
      named.replaceWith(mention(element, open));
    }
  }
  return new Set([...root.querySelectorAll<HTMLElement>('.jcs-mention')].map((link) => link.dataset['elementId'] ?? ''));
}

function mention(element: Element, open: (element: Element) => void): HTMLElement {
  const link = document.createElement('button');
  link.type = 'button';
  link.className = 'jcs-link jcs-mention';
  link.dataset['elementId'] = element.id;
  link.textContent = nameOf(element);
  link.onclick = () => open(element);
  return link;
}

function escaped(name: string): string {
  return name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
