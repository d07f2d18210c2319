// @vitest-environment jsdom

import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Connection } from '../src/connection.js';
import type { Element as ChatElement, Event } from '../src/frames.js';
import { TabStorage } from '../src/storage.js';
import { App } from '../src/ui/App.js';
import { FakeBackend, FakeClock, FakeKeep, event, put, welcome } from './doubles.js';

let root: HTMLElement;
let backend: FakeBackend;
let connection: Connection;
let seq = 0;

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
  let made = 0;
  URL.createObjectURL = () => `blob:chat/${++made}`;
  URL.revokeObjectURL = () => undefined;
  root = document.createElement('div');
  document.body.replaceChildren(root);
  seq = 0;
  backend = new FakeBackend();
  backend.files.set('f', 'png');
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

async function happen(...changes: Event[]): Promise<void> {
  await act(async () => {
    backend.line.arrive(...changes.map((change) => event(++seq, change)));
    await Promise.resolve();
  });
}

const called = (address: string, file = 'f'): ChatElement => ({
  id: `e ${address}`,
  type: 'image',
  name: 'cat.png',
  mime: 'image/png',
  file,
  props: { inText: address },
});
const pictures = (): (string | null)[][] =>
  [...root.querySelectorAll('.jcs-markdown img')].map((image) => [image.getAttribute('alt'), image.getAttribute('src')]);

it('shows a picture where the text calls it, as often as it does, and not below', async () => {
  const text = 'Look: ![A cat](/public/cat.png) and ![again](/public/cat.png "Twice"), ![gone](/public/gone.png).';
  await happen(put('m', text, { elements: [called('/public/cat.png')] }));
  await vi.waitFor(() => expect(pictures()).toEqual([['A cat', 'blob:chat/1'], ['again', 'blob:chat/1']]));
  expect(root.querySelector('.jcs-elements img, .jcs-elements .jcs-element')).toBeNull();
  expect(root.querySelector('.jcs-markdown')?.textContent).toContain('🖼 gone');
});

it.each(['/public/a%20b/Kätzchen.png', '/public/cat.png?a=1&b=2'])('finds %s, which Markdown writes otherwise', async (address) => {
  await happen(put('m', `![A cat](${address})`, { elements: [called(address)] }));
  await vi.waitFor(() => expect(pictures()).toHaveLength(1));
});

it('shows it when the text that had to grow is finished', async () => {
  await happen(put('m', '![A cat](/public/cat.png)', { streaming: true }));
  expect(pictures()).toEqual([]);
  await happen(
    { type: 'append_text', stepId: 'm', offset: 25, text: ' There.' },
    { type: 'put_element', stepId: 'm', element: called('/public/cat.png') },
    { type: 'finish_step', stepId: 'm' },
  );
  await vi.waitFor(() => expect(pictures()).toEqual([['A cat', 'blob:chat/1']]));
});

it('says so where the picture cannot be fetched', async () => {
  await happen(put('m', '![A cat](/public/cat.png)', { elements: [called('/public/cat.png', 'none')] }));
  await vi.waitFor(() => expect(root.querySelector('[role=alert]')?.textContent).toContain('There is no such file here.'));
  expect(root.querySelector('.jcs-markdown')?.textContent).toContain('🖼 A cat');
});

it('shows it in no other message, and nowhere that a bot has forged', async () => {
  const forged = '<span class="jcs-image-link" data-address="/public/cat.png">here</span>';
  await happen(
    put('m', `![A cat](/public/cat.png) ${forged}`, { elements: [called('/public/cat.png')] }),
    put('n', '![A cat](/public/cat.png)'),
  );
  await vi.waitFor(() => expect(pictures()).toHaveLength(1));
  expect(root.querySelector('[data-step-id="n"] img')).toBeNull();
});
