// @vitest-environment jsdom

/** What a colour or a scroll bar alone would say stands there in words, too. */

import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Connection } from '../src/connection.js';
import { TabStorage } from '../src/storage.js';
import { App } from '../src/ui/App.js';
import { FakeBackend, FakeClock, FakeKeep, event, put, welcome } from './doubles.js';

let root: HTMLElement;
let backend: FakeBackend;
let connection: Connection;

// Which jsdom leaves out.
Blob.prototype.text = function (this: Blob): Promise<string> {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.readAsText(this);
  });
};

class Observer {
  observe(): void {}
  disconnect(): void {}
}

beforeEach(async () => {
  vi.stubGlobal('ResizeObserver', Observer);
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => {
    queueMicrotask(callback);
    return 1;
  });
  root = document.createElement('div');
  document.body.replaceChildren(root);
  backend = new FakeBackend();
  connection = new Connection(backend, 'demo', new TabStorage(new FakeKeep(), '/ demo'), new FakeClock());
  await act(async () => {
    render(<App connection={connection} title="demo" />, root);
    connection.start();
    await Promise.resolve();
  });
  await act(async () => {
    backend.line.listener.onOpen();
    backend.line.arrive(welcome());
    await Promise.resolve();
  });
});
afterEach(() => {
  connection.stop();
  render(null, root);
  vi.unstubAllGlobals();
});

async function say(...steps: ReturnType<typeof put>[]): Promise<void> {
  await act(async () => {
    backend.line.arrive(...steps.map((step, at) => event(at + 1, step)));
    await Promise.resolve();
  });
}

describe('a message that tells of an error', () => {
  const signs = (step: string): (string | null)[] =>
    [...root.querySelectorAll(`[data-step-id="${step}"] .jcs-body > [role=img]`)].map((sign) => sign.getAttribute('aria-label'));

  it('has a sign that is called so, before its text; no other message has one', async () => {
    await say(put('bad', 'The file is gone.', { isError: true }), put('good', 'Here it is.'));
    expect(signs('bad')).toEqual(['Error']);
    expect(signs('good')).toEqual([]);
    const body = root.querySelector('[data-step-id="bad"] .jcs-body');
    expect(body?.firstElementChild?.getAttribute('aria-label')).toBe('Error');
    expect(body?.textContent).toContain('The file is gone.');
  });
});

describe('a data frame of which not all is shown', () => {
  async function foot(props: Record<string, unknown>, index: readonly unknown[] = [0, 1]): Promise<string | null | undefined> {
    backend.files.set('f', JSON.stringify({ columns: ['a', 'b', 'c'], index, data: [[1, 2, 3], [4, 5, 6]] }));
    await say(put('m', 'See', { elements: [{ id: 'e', type: 'dataframe', name: 'Wide', file: 'f', props }] }));
    await vi.waitFor(() => expect(root.querySelector('.jcs-frame-foot')).not.toBeNull());
    return root.querySelector('.jcs-frame-foot [role=status]')?.textContent;
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
