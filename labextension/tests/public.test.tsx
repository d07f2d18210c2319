// @vitest-environment jsdom

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { SessionState } from '../src/frames.js';
import { FakeBackend, put, welcome } from './doubles.js';
import { ShownApp, readText } from './shown-app.js';

let app: ShownApp;
let made: Blob[] = [];

Blob.prototype.text = readText;
beforeEach(() => {
  made = [];
  URL.createObjectURL = (blob: Blob) => `blob:chat/${made.push(blob)}`;
  URL.revokeObjectURL = () => undefined;
});
afterEach(() => {
  app.close();
  vi.restoreAllMocks();
});

async function open(state: SessionState): Promise<void> {
  app = await ShownApp.open({ frame: welcome({ snapshot: { state: { host: 'connected', started: true, ...state } } }) });
}

const pictures = (place: string): (string | null)[] =>
  [...app.root.querySelectorAll(`${place} img`)].map((image) => image.getAttribute('src'));

it('shows an icon that is a file of the session, of its type, fetched once', async () => {
  const read = vi.spyOn(FakeBackend.prototype, 'readFile').mockResolvedValue(new Blob(['png']));
  const icon = 'file:image/png,abc';
  await open({ starters: [{ label: 'One', message: '1', icon }, { label: 'Two', message: '2', icon }] });
  await vi.waitFor(() => expect(pictures('.jcs-starters')).toHaveLength(2));
  expect(pictures('.jcs-starters').every((source) => source?.startsWith('blob:'))).toBe(true);
  expect(made[0]?.type).toBe('image/png');
  expect(read.mock.calls.map(([, file]) => file)).toEqual(['abc']);
});

it('shows SVG as a picture only, and nothing where an address names no file', async () => {
  vi.spyOn(FakeBackend.prototype, 'readFile').mockResolvedValue(new Blob(['<svg onload="alert(1)"/>']));
  await open({
    starters: [
      { label: 'One', message: '1', icon: 'file:image/svg+xml,abc' },
      { label: 'Two', message: '2', icon: '/public/gone.png' },
      { label: 'Three', message: '3', icon: 'file:nothing' },
    ],
  });
  await vi.waitFor(() => expect(pictures('.jcs-starters')).toHaveLength(1));
  expect(pictures('.jcs-starters')[0]).toBe(`data:image/svg+xml;charset=utf-8,${encodeURIComponent('<svg onload="alert(1)"/>')}`);
  expect(app.root.querySelector('.jcs-starters [onload]')).toBeNull();
});

it('shows the avatar of an author, and the letter of one that has none', async () => {
  vi.spyOn(FakeBackend.prototype, 'readFile').mockResolvedValue(new Blob(['png']));
  await open({ avatars: { my_bot_2: 'file:image/png,abc' } });
  await app.happen(put('a', 'Hi', { name: 'My Bot.2' }), put('b', 'Hello', { name: 'constructor' }));
  await vi.waitFor(() => expect(pictures('[data-step-id="a"] .jcs-avatar')).toHaveLength(1));
  expect(pictures('[data-step-id="b"] .jcs-avatar')).toEqual([]);
  expect(app.root.querySelector('[data-step-id="b"] .jcs-avatar')?.textContent).toBe('C');
});
