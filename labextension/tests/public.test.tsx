// @vitest-environment jsdom

import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Connection } from '../src/connection.js';
import type { SessionState } from '../src/frames.js';
import { TabStorage } from '../src/storage.js';
import { App } from '../src/ui/App.js';
import { FakeBackend, FakeClock, FakeKeep, event, put, welcome } from './doubles.js';

let root: HTMLElement;
let backend: FakeBackend;
let connection: Connection;
let made: Blob[] = [];

// Which jsdom leaves out.
Blob.prototype.text = function (this: Blob): Promise<string> {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.readAsText(this);
  });
};

beforeEach(() => {
  class Observer {
    observe(): void {}
    disconnect(): void {}
  }
  vi.stubGlobal('ResizeObserver', Observer);
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => {
    queueMicrotask(callback);
    return 1;
  });
  made = [];
  URL.createObjectURL = (blob: Blob) => `blob:chat/${made.push(blob)}`;
  URL.revokeObjectURL = () => undefined;
  root = document.createElement('div');
  document.body.replaceChildren(root);
});
afterEach(() => {
  connection.stop();
  render(null, root);
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function after(change: () => void): Promise<void> {
  await act(async () => {
    change();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  });
}

async function open(state: SessionState): Promise<void> {
  backend = new FakeBackend();
  connection = new Connection(backend, 'demo', new TabStorage(new FakeKeep(), '/ demo'), new FakeClock());
  await after(() => render(<App connection={connection} title="Demo" />, root));
  await after(() => connection.start());
  await after(() => undefined);
  await after(() => {
    backend.line.listener.onOpen();
    backend.line.arrive(welcome({ snapshot: { state: { host: 'connected', started: true, ...state } } }));
  });
}

const pictures = (place: string): (string | null)[] =>
  [...root.querySelectorAll(`${place} img`)].map((image) => image.getAttribute('src'));

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
  expect(root.querySelector('.jcs-starters [onload]')).toBeNull();
});

it('shows the avatar of an author, and the letter of one that has none', async () => {
  vi.spyOn(FakeBackend.prototype, 'readFile').mockResolvedValue(new Blob(['png']));
  await open({ avatars: { my_bot_2: 'file:image/png,abc' } });
  await after(() =>
    backend.line.arrive(
      event(1, put('a', 'Hi', { name: 'My Bot.2' })),
      event(2, put('b', 'Hello', { name: 'constructor' })),
    ),
  );
  await vi.waitFor(() => expect(pictures('[data-step-id="a"] .jcs-avatar')).toHaveLength(1));
  expect(pictures('[data-step-id="b"] .jcs-avatar')).toEqual([]);
  expect(root.querySelector('[data-step-id="b"] .jcs-avatar')?.textContent).toBe('C');
});
