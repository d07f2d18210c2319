// @vitest-environment jsdom

/** What one says is rendered with the hub's word for it, and never later than that half a frame. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { HubFrame, ViewerFrame } from '../src/frames.js';
import { FakeBackend, event, put } from './doubles.js';
import { ShownApp, after } from './shown-app.js';

let app: ShownApp;
let backend: FakeBackend;

beforeEach(async () => {
  backend = new FakeBackend();
  app = await ShownApp.open({ backend });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.runOnlyPendingTimers(); // nothing is held into the next test
  vi.useRealTimers();
  app.close();
});

const field = (): HTMLTextAreaElement => app.root.querySelector('textarea')!;
const said = (): (ViewerFrame & { type: 'message' })[] => backend.line.sent.filter((frame) => frame.type === 'message');
const shown = (): string[] => [...app.root.querySelectorAll('.jcs-body')].map((body) => body.textContent.trim());

async function write(text: string): Promise<void> {
  await after(() => {
    field().value = text;
    field().dispatchEvent(new window.Event('input', { bubbles: true }));
  });
}

/** Press a key, and let what is rendered at once be rendered: not by `act`, which renders everything. */
async function press(key: string): Promise<void> {
  field().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  await turn();
}

async function turn(): Promise<void> {
  for (let step = 0; step < 5; step++) await Promise.resolve();
}

it('sends at once, and shows what was said with its confirmation', async () => {
  await write('Hello');
  await press('Enter');
  expect(said()).toMatchObject([{ text: 'Hello' }]);
  expect(shown()).toEqual([]);
  const accepted: HubFrame & { type: 'accepted' } = { type: 'accepted', clientId: said()[0]!.clientId };
  backend.line.arrive(accepted, event(1, put('a', 'Hello', { type: 'user_message', clientId: accepted.clientId })));
  await turn();
  expect(shown()).toEqual(['Hello']);
  expect(field().value).toBe('');
});

it('shows it soon when the hub is slow', async () => {
  await write('Hello');
  await press('Enter');
  vi.advanceTimersByTime(7);
  await turn();
  expect(shown()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(shown()).toEqual(['Hello']);
  expect(field().value).toBe('');
});

it.each(['keydown', 'beforeinput', 'pointerdown'])('shows it before a %s is heard', async (next) => {
  await write('Hello');
  await press('Enter');
  let found: string | undefined;
  field().addEventListener(next, () => (found = field().value), { once: true });
  field().dispatchEvent(new window.Event(next, { bubbles: true }));
  expect(found).toBe('');
});

it('says a thing once, however fast Enter is pressed again', async () => {
  await write('Hello');
  await press('Enter');
  await press('Enter');
  expect(said()).toMatchObject([{ text: 'Hello' }]);
});

it('renders what comes later as before', async () => {
  await write('Hello');
  await press('Enter');
  vi.advanceTimersByTime(8);
  await write('Hello again');
  await press('Enter');
  expect(shown()).toEqual(['Hello']);
  vi.advanceTimersByTime(8);
  expect(shown()).toEqual(['Hello', 'Hello again']);
});
