// @vitest-environment jsdom

/** What a colour or a scroll bar alone would say stands there in words, too. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { put } from './doubles.js';
import { ShownApp, readText } from './shown-app.js';

let app: ShownApp;

Blob.prototype.text = readText;
beforeEach(async () => {
  app = await ShownApp.open();
});
afterEach(() => app.close());

describe('a message that tells of an error', () => {
  const signs = (step: string): (string | null)[] =>
    [...app.root.querySelectorAll(`[data-step-id="${step}"] .jcs-body > [role=img]`)].map((sign) => sign.getAttribute('aria-label'));

  it('has a sign that is called so, before its text; no other message has one', async () => {
    await app.happen(put('bad', 'The file is gone.', { isError: true }), put('good', 'Here it is.'));
    expect(signs('bad')).toEqual(['Error']);
    expect(signs('good')).toEqual([]);
    const body = app.root.querySelector('[data-step-id="bad"] .jcs-body');
    expect(body?.firstElementChild?.getAttribute('aria-label')).toBe('Error');
    expect(body?.textContent).toContain('The file is gone.');
  });
});

describe('a data frame of which not all is shown', () => {
  async function foot(props: Record<string, unknown>, index: readonly unknown[] = [0, 1]): Promise<string | null | undefined> {
    app.backend.files.set('f', JSON.stringify({ columns: ['a', 'b', 'c'], index, data: [[1, 2, 3], [4, 5, 6]] }));
    await app.happen(put('m', 'See', { elements: [{ id: 'e', type: 'dataframe', name: 'Wide', file: 'f', props }] }));
    await vi.waitFor(() => expect(app.root.querySelector('.jcs-frame-foot')).not.toBeNull());
    return app.root.querySelector('.jcs-frame-foot [role=status]')?.textContent;
  }

  it('says how many of its columns are shown', async () => {
    expect(await foot({ rows: 2, shown: 2, columns: 900, shownColumns: 3 })).toBe('2 rows, 3 of 900 columns shown');
  });

  it('counts the names of its rows as no column', async () => {
    expect(await foot({ rows: 2, columns: 900 }, ['May', 'June'])).toBe('2 rows, 3 of 900 columns shown');
  });

  it('says it of rows and columns together', async () => {
    expect(await foot({ rows: 70_000, columns: 1_200 })).toBe('2 of 70,000 rows, 3 of 1,200 columns shown');
  });

  it('says nothing of columns that are all there, or that nobody counted', async () => {
    expect(await foot({ rows: 2, columns: 3 })).toBe('2 rows');
  });

  it('does not believe what is no number', async () => {
    expect(await foot({ rows: 'many', columns: 'many' })).toBe('2 rows');
  });
});
