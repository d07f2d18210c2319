// @vitest-environment jsdom

import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Connection } from '../src/connection.js';
import type { Event, HubFrame, ViewerFrame } from '../src/frames.js';
import { TabStorage } from '../src/storage.js';
import { App, statusText } from '../src/ui/App.js';
import { noteFor } from '../src/ui/MessageList.js';
import { FakeBackend, FakeClock, FakeKeep, absent, event, put, welcome } from './doubles.js';

let root: HTMLElement;
let backend: FakeBackend;
let connection: Connection;
let seq = 0;

beforeEach(() => {
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => {
    queueMicrotask(callback);
    return 1;
  });
  root = document.createElement('div');
  document.body.replaceChildren(root);
  seq = 0;
});
afterEach(() => {
  connection.stop();
  render(null, root);
  vi.unstubAllGlobals();
});

async function open(frame: HubFrame | null = welcome(), refusal?: Error): Promise<void> {
  backend = new FakeBackend();
  if (refusal !== undefined) backend.refusals.push(refusal);
  connection = new Connection(backend, 'demo', new TabStorage(new FakeKeep(), '/ demo'), new FakeClock());
  await act(() => render(<App connection={connection} title="demo" />, root));
  await act(async () => {
    connection.start();
    await Promise.resolve();
  });
  if (frame !== null) {
    await after(() => {
      backend.line.listener.onOpen();
      backend.line.arrive(frame);
    });
  }
}

/** Let something happen, and what it leads to be drawn. */
async function after(change: () => void): Promise<void> {
  await act(async () => {
    change();
    await Promise.resolve();
  });
}

async function happen(...changes: Event[]): Promise<void> {
  await after(() => backend.line.arrive(...changes.map((change) => event(++seq, change))));
}

function role(name: string, label?: string): HTMLElement {
  const found = [...root.querySelectorAll<HTMLElement>(name)].find(
    (element) => label === undefined || element.getAttribute('aria-label') === label || element.textContent === label,
  );
  if (found === undefined) throw new Error(`no ${name} ${label ?? ''}`);
  return found;
}

const composer = (): HTMLTextAreaElement => role('textarea', 'Message') as HTMLTextAreaElement;

async function type(text: string): Promise<void> {
  await after(() => {
    composer().value = text;
    composer().dispatchEvent(new Event_('input', { bubbles: true }));
  });
}
const Event_ = window.Event;

async function press(key: string, more: KeyboardEventInit = {}): Promise<KeyboardEvent> {
  const pressed = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more });
  await after(() => void composer().dispatchEvent(pressed));
  return pressed;
}

function said(): ViewerFrame[] {
  return backend.line.sent.filter((frame) => frame.type === 'message' || frame.type === 'answer');
}

describe('names that assistive technology and tests rely on', () => {
  it('are there', async () => {
    await open();
    await happen(put('a', 'Hello'));
    expect(role('[role=log]', 'Conversation').tabIndex).toBe(0);
    expect(role('[role=status]').textContent).toBe('Connected');
    const article = role('article', 'Assistant');
    expect([article.dataset['stepId'], article.dataset['stepType']]).toEqual(['a', 'assistant_message']);
    expect(role('button', 'New chat')).toBeDefined();
    expect(role('button', 'Send')).toBeDefined();
    expect(composer()).toBeDefined();
  });

  it('keep the notebook’s shortcuts away from what is typed', async () => {
    await open();
    expect(root.querySelector('[data-lm-suppress-shortcuts="true"]')?.contains(composer())).toBe(true);
    const heard = vi.fn();
    root.addEventListener('keydown', heard);
    await press('d');
    expect(heard).not.toHaveBeenCalled();
  });
});

describe('writing', () => {
  it('sends with Enter and empties the composer', async () => {
    await open();
    await type('Hello');
    expect((await press('Enter')).defaultPrevented).toBe(true);
    expect(said()).toMatchObject([{ type: 'message', text: 'Hello' }]);
    expect(composer().value).toBe('');
    expect(root.textContent).toContain('Sending…');
  });

  it('makes a new line with Shift+Enter', async () => {
    await open();
    await type('Hello');
    expect((await press('Enter', { shiftKey: true })).defaultPrevented).toBe(false);
    expect(said()).toEqual([]);
  });

  it('lets an input method have its Enter', async () => {
    await open();
    await type('にほん');
    await press('Enter', { isComposing: true });
    await press('Enter', { keyCode: 229 });
    expect(said()).toEqual([]);
  });

  it('leaves with Escape', async () => {
    await open();
    composer().focus();
    await press('Escape');
    expect(document.activeElement).not.toBe(composer());
  });

  it('does not send nothing, nor too much', async () => {
    await open();
    await type('  \n ');
    await press('Enter');
    await type('x'.repeat(32_769));
    await press('Enter');
    expect(said()).toEqual([]);
    expect(root.textContent).toContain('1 characters too many');
  });
});

describe('a question', () => {
  it('is named above the composer, and what is written answers it', async () => {
    await open();
    await happen(put('a', 'What is your name?'), { type: 'put_question', question: { id: 'q', stepId: 'a', timeoutS: 60 } });
    expect(root.textContent).toContain('Answering: What is your name?');
    await type('Alice');
    await press('Enter');
    expect(said()).toMatchObject([{ type: 'answer', questionId: 'q', text: 'Alice' }]);
    await happen({ type: 'clear_question', questionId: 'q' });
    expect(root.textContent).not.toContain('Answering');
  });
});

describe('a run', () => {
  it('can be stopped while it goes on', async () => {
    await open();
    await happen({ type: 'set_state', state: { run: { id: 'r', name: 'on_message' } } });
    await after(() => role('button', 'Stop').click());
    expect(backend.line.sent.at(-1)).toEqual({ type: 'stop' });
    await happen({ type: 'set_state', state: { run: null } });
    expect(() => role('button', 'Stop')).toThrow();
  });

  it('shows an error with its traceback for who may see it', async () => {
    await open();
    await happen(put('e', '**ValueError**: no', { isError: true, metadata: { traceback: 'line 1' } }));
    expect(role('details').textContent).toContain('line 1');
    expect(role('article').className).toContain('jcs-error');
  });
});

describe('a user’s message', () => {
  const mine = (id: string, status: 'queued' | 'running' | 'cancelled' | 'interrupted' | 'done') =>
    ({ id, type: 'user_message', name: 'Alice', output: id, status }) as const;

  it('says its place in the line', () => {
    const steps = [mine('a', 'running'), mine('b', 'queued'), mine('c', 'queued'), mine('d', 'done')];
    expect(steps.map((step) => noteFor(step, steps, { host: 'connected' }))).toEqual([
      null,
      'Waiting, 2nd in line',
      'Waiting, 3rd in line',
      null,
    ]);
  });

  it('says why it waits, and what became of it', () => {
    const queued = mine('a', 'queued');
    expect(noteFor(queued, [queued], { host: 'busy' })).toContain('running a cell');
    expect(noteFor(queued, [queued], { host: 'gone' })).toContain('when the notebook runs again');
    expect(noteFor(mine('a', 'cancelled'), [], {})).toBe('Stopped');
    expect(noteFor(mine('a', 'interrupted'), [], {})).toContain('restarted');
  });

  it('that was refused keeps its text, says why, and can be sent again or discarded', async () => {
    await open();
    await type('precious');
    await press('Enter');
    const clientId = said().map((frame) => ('clientId' in frame ? frame.clientId : ''))[0] ?? '';
    await after(() => backend.line.arrive({ type: 'error', code: 'busy', text: 'The line is full.', clientId }));
    expect(root.textContent).toContain('precious');
    expect(root.textContent).toContain('The line is full.');
    await after(() => role('button', 'Send again').click());
    expect(said()).toHaveLength(2);
  });
});

describe('required variables', () => {
  it('are asked for before the chat, and asked for again by name when one is missing', async () => {
    await open(welcome({ snapshot: { state: { missingEnv: ['API_KEY', 'REGION'] } } }));
    expect(() => composer()).toThrow();
    const inputs = [...root.querySelectorAll('input')];
    expect(inputs.map((input) => [input.type, input.closest('label')?.textContent])).toEqual([
      ['password', 'API_KEY'],
      ['password', 'REGION'],
    ]);
    await after(() => {
      const key = inputs[0] as HTMLInputElement;
      key.value = 'k';
      key.dispatchEvent(new Event_('input', { bubbles: true }));
    });
    await after(() => role('button', 'Start the chat').click());
    expect(backend.line.sent.at(-1)).toMatchObject({ type: 'env', values: { API_KEY: 'k' } });
    await happen({ type: 'set_state', state: { missingEnv: ['REGION'] } });
    expect(role('[role=alert]').textContent).toBe('Still missing: REGION');
    await happen({ type: 'set_state', state: { missingEnv: null, started: true } });
    expect(composer()).toBeDefined();
  });
});

describe('the state of the connection', () => {
  it.each([
    ['connected', 'Connected'],
    ['busy', 'The notebook is running a cell'],
    ['gone', 'The notebook is not running'],
  ] as const)('with a notebook that is %s reads “%s”', async (host, text) => {
    await open(welcome({ snapshot: { state: { host } } }));
    expect(role('[role=status]').textContent).toBe(text);
  });

  it('of a chat that nobody has opened says so, and what to do', async () => {
    await open(null, absent());
    expect(statusText(connection).text).toBe('The notebook is not running');
    expect(root.textContent).toContain('No notebook has opened this chat.');
  });

  it('that was cut reads Reconnecting…, and what was said stays', async () => {
    await open();
    await happen(put('a', 'still here'));
    await after(() => backend.line.cut());
    expect(role('[role=status]').textContent).toBe('Reconnecting…');
    expect(root.textContent).toContain('still here');
  });

  it('that has ended offers a new chat', async () => {
    await open();
    await after(() => backend.line.arrive({ type: 'bye', code: 4410, text: 'This conversation has ended.' }));
    expect(role('[role=alert]').textContent).toContain('This conversation has ended.');
    await after(() => role('button', 'Start a new chat').click());
    expect(backend.created).toHaveLength(2);
  });
});
