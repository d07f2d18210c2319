/** Sets mathematics, as MathML: it needs no fonts or styles of its own. Loaded when the first formula is shown. */

import katex from 'katex';

/** Replace a formula's source by the formula. */
export function typeset(code: HTMLElement): void {
  const target = document.createElement('span');
  const source = code.textContent ?? '';
  const displayMode = code.classList.contains('language-math-display') || code.closest('pre') !== null;
  katex.render(source, target, { output: 'mathml', displayMode, throwOnError: false, trust: false });
  code.replaceWith(target);
}
