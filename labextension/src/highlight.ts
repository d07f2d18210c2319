/** Colours code. Loaded when the first code block is shown. */

import highlighter from 'highlight.js/lib/common';

/** Colour the code of an element in the language that its class names, or in none. */
export function highlight(code: HTMLElement): void {
  const language = /language-([\w+#.-]+)/.exec(code.className)?.[1];
  if (language === undefined || highlighter.getLanguage(language) === undefined) return;
  code.innerHTML = highlighter.highlight(code.textContent ?? '', { language, ignoreIllegals: true }).value;
  code.classList.add('hljs');
}
