// @vitest-environment jsdom

import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Connection } from '../src/connection.js';
import type { ChannelInfo, Event } from '../src/frames.js';
import { TabStorage } from '../src/storage.js';
import { App } from '../src/ui/App.js';
import { Readme } from '../src/ui/later.js';
import { FakeBackend, FakeClock, FakeKeep, event, put, welcome } from './doubles.js';

let root: HTMLElement;
let connection: Connection;

beforeEach(async () => {
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => {
    queueMicrotask(callback);
    return 1;
  });
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
      disconnect(): void {}
    },
  );
  root = document.createElement('div');
  document.body.replaceChildren(root);
  await Readme.load();
});
afterEach(() => {
  connection.stop();
  render(null, root);
  vi.unstubAllGlobals();
});

/** Let something happen, and what it leads to be drawn. */
async function after(change: () => void): Promise<void> {
  await act(async () => {
    change();
    await Promise.resolve();
  });
}

async function open(channel: Partial<ChannelInfo>, ...changes: Event[]): Promise<void> {
  const backend = new FakeBackend();
  connection = new Connection(backend, 'demo', new TabStorage(new FakeKeep(), '/ demo'), new FakeClock());
  await act(() => render(<App connection={connection} title="demo" />, root));
  await after(() => connection.start());
  const frame = welcome();
  await after(() => {
    backend.line.listener.onOpen();
    backend.line.arrive({ ...frame, channel: { ...frame.channel, ...channel } }, ...changes.map((change, index) => event(index + 1, change)));
  });
}

const button = (): HTMLButtonElement | null => root.querySelector('button[aria-label="Readme"]');
const panel = (): HTMLElement | null => root.querySelector('[role="region"][aria-label="Readme"]');

describe('the readme', () => {
  it('has no button where the author says nothing', async () => {
    await open({});
    expect(button()).toBeNull();
  });

  it('opens with its button, is read, and leaves with Escape to where one was', async () => {
    await open({ readme: '# Hello\n\nAsk me about *birds*.' });
    expect(button()?.getAttribute('aria-expanded')).toBe('false');
    await after(() => button()?.click());
    expect(panel()?.querySelector('h1')?.textContent).toBe('Hello');
    expect(panel()?.querySelector('em')?.textContent).toBe('birds');
    expect(document.activeElement).toBe(panel());
    await after(() => void panel()?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })));
    expect(panel()).toBeNull();
    expect(document.activeElement).toBe(button());
  });

  it('closes with a click elsewhere', async () => {
    await open({ readme: 'Hello' });
    await after(() => button()?.click());
    await after(() => void document.body.dispatchEvent(new window.Event('pointerdown', { bubbles: true })));
    expect(panel()).toBeNull();
  });

  it('is as untrusted as what a bot says', async () => {
    await open({ readme: '<img src=x onerror="alert(1)"><script>alert(1)</script>\n\n![seen](https://elsewhere.example/x.png)' });
    await after(() => button()?.click());
    expect(panel()?.querySelector('script, [onerror], img[src^="https:"]')).toBeNull();
  });
});

describe('a chat in which nothing is edited', () => {
  it.each([
    [undefined, true],
    [false, false],
  ])('says so with canEdit %s', async (canEdit, isOffered) => {
    await open(canEdit === undefined ? {} : { canEdit }, put('1', 'Hi', { type: 'user_message', clientId: 'said-1', status: 'done' }));
    expect(root.querySelector('[aria-label="Edit your message"]') !== null).toBe(isOffered);
  });
});
