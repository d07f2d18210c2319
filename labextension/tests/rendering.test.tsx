// @vitest-environment jsdom

/** What comes before a frame is rendered at once, as far as the frame has time for it. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { put } from './doubles.js';
import { ShownApp, after } from './shown-app.js';

let app: ShownApp;
let waiting: (() => void)[];

beforeEach(async () => {
  app = await ShownApp.open();
  waiting = [];
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => waiting.push(callback));
});
afterEach(() => app.close());

const frame = (): Promise<void> => after(() => waiting.splice(0).forEach((callback) => callback()));
const shown = (): string[] => [...app.root.querySelectorAll('.jcs-body')].map((body) => body.textContent.trim());

it('shows a confirmation and its answer without a frame between, and what follows with the frame', async () => {
  await app.happen(put('a', 'one'));
  await app.happen(put('b', 'two'));
  await app.happen(put('c', 'three'));
  expect(shown()).toEqual(['one', 'two']);
  await frame();
  expect(shown()).toEqual(['one', 'two', 'three']);
});

it('shows text that grows once a frame', async () => {
  await app.happen(put('a', 'on', { streaming: true }));
  await app.happen({ type: 'append_text', stepId: 'a', offset: 2, text: 'e, ' });
  await app.happen({ type: 'append_text', stepId: 'a', offset: 5, text: 'two' });
  expect(shown()).toEqual(['on']);
  await frame();
  expect(shown()).toEqual(['one, two']);
});

const ends = (): string[] => [...app.root.querySelectorAll('.jcs-end')].map((end) => `${end.localName} ${end.textContent.trim()}`);

it.each([
  ['One.\n\nTwo.', 'p Two.'],
  ['- one\n- two', 'li two'],
  ['One.\n\n```\ntwo\n```', 'code two'],
])('marks where %j ends, while it grows and after', async (text, end) => {
  await app.happen(put('a', '', { streaming: true }));
  await app.happen({ type: 'append_text', stepId: 'a', offset: 0, text });
  await frame();
  expect(ends()).toEqual([end]);
  await app.happen({ type: 'finish_step', stepId: 'a' });
  await frame();
  expect(ends()).toEqual([end]);
});

it('marks one end of a text that is in many groups', async () => {
  const text = `${`${'word '.repeat(40)}\n\n`.repeat(250)}The end.`;
  await app.happen(put('a', text, { streaming: true }));
  await vi.waitFor(async () => {
    await frame();
    expect(ends()).toEqual(['p The end.']);
  });
  expect(app.root.querySelectorAll('.jcs-markdown > div').length).toBeGreaterThan(2);
});

it('adds more of a long text with frames of its own, and not because something else was rendered', async () => {
  const text = 'word '.repeat(4_000);
  await app.happen(put('a', text, { streaming: true }));
  const first = shown()[0]?.length ?? 0;
  await app.happen({ type: 'append_text', stepId: 'a', offset: text.length, text: 'more' });
  await after(() => waiting.shift()?.()); // the app's
  expect(shown()[0]).toHaveLength(first);
  expect(first).toBeLessThan(text.length);
  await vi.waitFor(async () => {
    await frame();
    expect(shown()).toEqual([`${text}more`]);
  });
});
