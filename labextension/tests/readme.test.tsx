// @vitest-environment jsdom

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ChannelInfo } from '../src/frames.js';
import { Readme } from '../src/ui/later.js';
import { put, welcome } from './doubles.js';
import { ShownApp, after } from './shown-app.js';

let app: ShownApp;

beforeEach(() => Readme.load());
afterEach(() => app.close());

async function open(channel: Partial<ChannelInfo>): Promise<void> {
  app = await ShownApp.open({ frame: welcome({ channel: { name: 'demo', title: 'Demo', ...channel } }) });
}

const button = (): HTMLButtonElement | null => app.root.querySelector('button[aria-label="Readme"]');
const panel = (): HTMLElement | null => app.root.querySelector('[role="region"][aria-label="Readme"]');

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
    await open(canEdit === undefined ? {} : { canEdit });
    await app.happen(put('1', 'Hi', { type: 'user_message', clientId: 'said-1', status: 'done' }));
    expect(app.root.querySelector('[aria-label="Edit your message"]') !== null).toBe(isOffered);
  });
});
