/** What a style sheet may ask, so that text which grows costs a browser no more the longer it is. */

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

const STYLES = join(import.meta.dirname, '../src/style');
const sheets = readdirSync(STYLES).filter((name) => name.endsWith('.css'));

/** Return what stands before each block: selectors, and what rules such as `@media` are for. */
function preludes(sheet: string): string[] {
  const text = readFileSync(join(STYLES, sheet), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  return [...text.matchAll(/([^{};]+)\{/g)].map(([, prelude]) => prelude?.trim() ?? '');
}

/** Return a text without what stands in parentheses. */
function withoutArguments(selector: string): string {
  const shorter = selector.replace(/\([^()]*\)/g, '');
  return shorter === selector ? selector : withoutArguments(shorter);
}

const asksAndStylesWithin = (selector: string): boolean =>
  withoutArguments(selector)
    .split(',')
    .some((each) => /:has\S*\s+\S/.test(each.trim()));

it.each(sheets)('%s styles nothing inside of what it asks with :has() about', (sheet) => {
  expect(preludes(sheet).filter(asksAndStylesWithin)).toEqual([]);
});

it('would notice', () => {
  expect(asksAndStylesWithin('.a:has(+ :is(.b, .c)) button.d')).toBe(true);
  expect(asksAndStylesWithin('.a:has(> .b)')).toBe(false);
  expect(asksAndStylesWithin('p .a:has(.b),\n.c:has(.d):hover')).toBe(false);
});
