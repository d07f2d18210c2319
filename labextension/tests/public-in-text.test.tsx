// @vitest-environment jsdom

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { Element as ChatElement } from '../src/frames.js';
import { put } from './doubles.js';
import { ShownApp } from './shown-app.js';

let app: ShownApp;

beforeEach(async () => {
  let made = 0;
  URL.createObjectURL = () => `blob:chat/${++made}`;
  URL.revokeObjectURL = () => undefined;
  app = await ShownApp.open();
  app.backend.files.set('f', 'png');
});
afterEach(() => app.close());

const called = (address: string, file = 'f'): ChatElement => ({
  id: `e ${address}`,
  type: 'image',
  name: 'cat.png',
  mime: 'image/png',
  file,
  props: { inText: address },
});
const pictures = (): (string | null)[][] =>
  [...app.root.querySelectorAll('.jcs-markdown img')].map((image) => [image.getAttribute('alt'), image.getAttribute('src')]);

it('shows a picture where the text calls it, as often as it does, and not below', async () => {
  const text = 'Look: ![A cat](/public/cat.png) and ![again](/public/cat.png "Twice"), ![gone](/public/gone.png).';
  await app.happen(put('m', text, { elements: [called('/public/cat.png')] }));
  await vi.waitFor(() => expect(pictures()).toEqual([['A cat', 'blob:chat/1'], ['again', 'blob:chat/1']]));
  expect(app.root.querySelector('.jcs-elements img, .jcs-elements .jcs-element')).toBeNull();
  expect(app.root.querySelector('.jcs-markdown')?.textContent).toContain('🖼 gone');
});

it.each(['/public/a%20b/Kätzchen.png', '/public/cat.png?a=1&b=2'])('finds %s, which Markdown writes otherwise', async (address) => {
  await app.happen(put('m', `![A cat](${address})`, { elements: [called(address)] }));
  await vi.waitFor(() => expect(pictures()).toHaveLength(1));
});

it('shows it when the text that had to grow is finished', async () => {
  await app.happen(put('m', '![A cat](/public/cat.png)', { streaming: true }));
  expect(pictures()).toEqual([]);
  await app.happen(
    { type: 'append_text', stepId: 'm', offset: 25, text: ' There.' },
    { type: 'put_element', stepId: 'm', element: called('/public/cat.png') },
    { type: 'finish_step', stepId: 'm' },
  );
  await vi.waitFor(() => expect(pictures()).toEqual([['A cat', 'blob:chat/1']]));
});

it('says so where the picture cannot be fetched', async () => {
  await app.happen(put('m', '![A cat](/public/cat.png)', { elements: [called('/public/cat.png', 'none')] }));
  await vi.waitFor(() => expect(app.root.querySelector('[role=alert]')?.textContent).toContain('There is no such file here.'));
  expect(app.root.querySelector('.jcs-markdown')?.textContent).toContain('🖼 A cat');
});

it('shows it in no other message, and nowhere that a bot has forged', async () => {
  const forged = '<span class="jcs-image-link" data-address="/public/cat.png">here</span>';
  await app.happen(
    put('m', `![A cat](/public/cat.png) ${forged}`, { elements: [called('/public/cat.png')] }),
    put('n', '![A cat](/public/cat.png)'),
  );
  await vi.waitFor(() => expect(pictures()).toHaveLength(1));
  expect(app.root.querySelector('[data-step-id="n"] img')).toBeNull();
});
