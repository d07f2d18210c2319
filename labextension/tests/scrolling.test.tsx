// @vitest-environment jsdom

/** The end of the conversation stays in view, and whoever reads further up is left alone. */

import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { put } from './doubles.js';
import { ShownApp, after } from './shown-app.js';

let app: ShownApp;
let log: HTMLElement;

/** The page's layout, which jsdom has none of. */
const layout = { height: 0, resized: new Set<() => void>() };

class Observer {
  constructor(private readonly _callback: () => void) {}
  observe(): void {
    layout.resized.add(this._callback);
  }
  disconnect(): void {
    layout.resized.delete(this._callback);
  }
}

beforeEach(async () => {
  layout.height = 0;
  vi.stubGlobal('ResizeObserver', Observer);
  vi.spyOn(HTMLElement.prototype, 'scrollHeight', 'get').mockImplementation(() => layout.height);
  app = await ShownApp.open();
  await app.happen(put('a', 'one'), put('b', 'two'));
  log = find('[role=log]');
  growTo(1000);
});
afterEach(() => {
  app.close();
  vi.restoreAllMocks();
});

function find(selector: string): HTMLElement {
  const found = app.root.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
}

const scrollTo = (top: number): Promise<void> =>
  after(() => {
    log.scrollTop = top;
    log.dispatchEvent(new Event('scroll'));
  });
const news = (): HTMLElement => find('.jcs-news');
/** Lay out, as a browser does with the next frame, and say so. */
const growTo = (height: number): void => {
  layout.height = height;
  layout.resized.forEach((callback) => callback());
};

it('follows the end, also when something grows after it was drawn', () => {
  expect(log.scrollTop).toBe(1000);
  growTo(1400);
  expect(log.scrollTop).toBe(1400);
});

it('follows the end when it grows before the browser has told of the last scroll', async () => {
  layout.height = 1400;
  await scrollTo(1000);
  growTo(1400);
  expect(log.scrollTop).toBe(1400);
});

it('stays where one reads, and says that there is more below only when there is', async () => {
  await scrollTo(100);
  await after(() => app.backend.line.arrive({ type: 'heartbeat' }));
  expect(news).toThrow();
  await app.happen(put('c', 'three'));
  growTo(1200);
  expect(log.scrollTop).toBe(100);
  await after(() => news().click());
  expect(log.scrollTop).toBe(1200);
  expect(news).toThrow();
});

it('asks for no layout of its own while one is at the end', async () => {
  const asked = vi.spyOn(HTMLElement.prototype, 'scrollHeight', 'get').mockClear();
  await app.happen(put('c', 'three'));
  expect(asked).not.toHaveBeenCalled();
  growTo(1200);
  expect(log.scrollTop).toBe(1200);
});

it('goes to what one says oneself', async () => {
  await scrollTo(100);
  layout.height = 1100;
  await after(() => app.connection.say('here'));
  expect(log.scrollTop).toBe(1100);
});

it('stays where it is when earlier messages come above', async () => {
  await scrollTo(0);
  app.backend.older = [{ id: 'z', type: 'assistant_message', name: 'Assistant', output: 'zero' }];
  layout.height = 1300;
  await act(() => app.connection.showEarlier());
  expect(app.root.querySelectorAll('article')).toHaveLength(3);
  expect(log.scrollTop).toBe(300);
});
