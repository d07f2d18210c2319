// @vitest-environment jsdom
// A page that came over plain HTTP from another machine has neither `crypto.randomUUID` nor `navigator.clipboard`.

import { afterEach, describe, expect, it, vi } from 'vitest';

import { copyText } from '../src/clipboard.js';
import { newId } from '../src/ids.js';

afterEach(() => vi.unstubAllGlobals());

describe('an id', () => {
  it('is a UUID of version 4, and another each time', () => {
    const whole = crypto;
    vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => whole.getRandomValues(bytes) });
    const ids = Array.from({ length: 1000 }, newId);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a text', () => {
  /** What `document.execCommand('copy')` would put into the clipboard. */
  function copied(): string[] {
    const texts: string[] = [];
    document.execCommand = () => {
      const { activeElement } = document;
      if (activeElement instanceof HTMLTextAreaElement) {
        texts.push(activeElement.value.slice(activeElement.selectionStart, activeElement.selectionEnd));
      }
      return true;
    };
    return texts;
  }

  it('is copied by way of a selection, which leaves no trace', async () => {
    vi.stubGlobal('navigator', {});
    const button = document.createElement('button');
    document.body.replaceChildren(button);
    button.focus();
    const texts = copied();
    HTMLTextAreaElement.prototype.select = function select() {
      this.focus();
      this.setSelectionRange(0, this.value.length);
    };
    expect(await copyText('two\nlines')).toBe(true);
    expect(texts).toEqual(['two\nlines']);
    expect(document.activeElement).toBe(button);
    expect(document.querySelector('textarea')).toBeNull();
  });

  it('is copied so too when the browser refuses', async () => {
    vi.stubGlobal('navigator', { clipboard: { writeText: () => Promise.reject(new Error('denied')) } });
    const texts = copied();
    expect(await copyText('x')).toBe(true);
    expect(texts).toEqual(['x']);
  });
});
