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

beforeEach(() => {
  layout.height = 0;
  vi.stubGlobal('ResizeObserver', Observer);
  vi.spyOn(HTMLElement.prototype, 'scrollHeight', 'get').mockImplementation(() => layout.height);
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
  vi.restoreAllMocks();
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

function idOf(frame: ViewerFrame | undefined): string {
  if (frame === undefined || !('clientId' in frame)) throw new Error('nothing was said');
  return frame.clientId;
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

  it('keeps the focus where one writes when the button was pressed', async () => {
    await open();
    await type('Hello');
    role('button', 'Send').focus();
    await after(() => role('button', 'Send').click());
    expect(said()).toMatchObject([{ text: 'Hello' }]);
    expect(document.activeElement).toBe(composer());
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

describe('reading', () => {
  const long = async (): Promise<HTMLElement> => {
    await open();
    layout.height = 1000;
    await happen(put('a', 'one'), put('b', 'two'));
    return role('[role=log]', 'Conversation');
  };
  const scrollTo = (log: HTMLElement, top: number): Promise<void> =>
    after(() => {
      log.scrollTop = top;
      log.dispatchEvent(new Event_('scroll'));
    });
  const news = (): HTMLElement => role('button', 'New messages ↓');

  it('follows the end, also when something grows after it was drawn', async () => {
    const log = await long();
    expect(log.scrollTop).toBe(1000);
    layout.height = 1400;
    for (const callback of layout.resized) callback();
    expect(log.scrollTop).toBe(1400);
  });

  it('stays where one reads, and says that there is more below only when there is', async () => {
    const log = await long();
    await scrollTo(log, 100);
    await after(() => backend.line.arrive({ type: 'heartbeat' }));
    expect(news).toThrow();
    layout.height = 1200;
    await happen(put('c', 'three'));
    expect(log.scrollTop).toBe(100);
    await after(() => news().click());
    expect(log.scrollTop).toBe(1200);
    expect(news).toThrow();
  });

  it('goes to what one says oneself', async () => {
    const log = await long();
    await scrollTo(log, 100);
    await type('here');
    layout.height = 1100;
    await press('Enter');
    expect(log.scrollTop).toBe(1100);
  });

  it('stays where it is when earlier messages come above', async () => {
    const log = await long();
    await scrollTo(log, 0);
    backend.older = [{ id: 'z', type: 'assistant_message', name: 'Assistant', output: 'zero' }];
    layout.height = 1300;
    await act(() => connection.showEarlier());
    expect(root.querySelectorAll('article')).toHaveLength(3);
    expect(log.scrollTop).toBe(300);
  });
});

describe('earlier messages', () => {
  it('are shown when asked for; what fails can be tried again', async () => {
    await open(welcome({ snapshot: { steps: [{ id: 'b', type: 't', name: 'n', output: 'B' }], earlier: 1 } }));
    backend.older = [{ id: 'a', type: 't', name: 'n', output: 'A' }];
    backend.refusals.push(new Error('offline'));
    await after(() => role('button', 'Show earlier messages').click());
    await after(() => role('button', 'They could not be loaded. Try again').click());
    expect([...root.querySelectorAll('article')].map((step) => step.dataset['stepId'])).toEqual(['a', 'b']);
    expect(() => role('button', 'Show earlier messages')).toThrow();
  });
});

describe('what cannot be shown', () => {
  it('leaves the chat usable, and can be tried again', async () => {
    await open();
    const quiet = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await happen(put('a', 'fine'));
    const broken = Object.defineProperty({ id: 'x', type: 't', name: 'n' }, 'output', {
      get: () => {
        throw new Error('broken step');
      },
    });
    await after(() => {
      connection.conversation?.apply({ type: 'put_step', step: broken });
      connection.onChange();
    });
    expect(role('[role=alert]').textContent).toContain('broken step');
    expect(composer()).toBeDefined();
    await after(() => connection.conversation?.apply({ type: 'remove_step', stepId: 'x' }));
    await after(() => role('button', 'Try again').click());
    expect(root.textContent).toContain('fine');
    quiet.mockRestore();
  });
});

describe('an empty chat', () => {
  it('says how to begin once it has started, and no longer when something was said', async () => {
    await open();
    expect(root.textContent).toContain('Write something to begin.');
    await type('Hello');
    await press('Enter');
    expect(root.textContent).not.toContain('Write something to begin.');
  });

  it('whose bot is about to speak says nothing', async () => {
    await open(welcome({ snapshot: { state: { host: 'connected', run: { id: 'r', name: 'on_chat_start' } } } }));
    expect(root.textContent).not.toContain('Write something to begin.');
    expect(role('[role=img]', 'An answer is on its way')).toBeDefined();
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
    const clientId = idOf(said()[0]);
    await after(() => backend.line.arrive({ type: 'error', code: 'busy', text: 'The line is full.', clientId }));
    expect(root.textContent).toContain('precious');
    expect(root.textContent).toContain('The line is full.');
    await after(() => role('button', 'Send again').click());
    expect(said()).toHaveLength(2);
    await after(() => backend.line.arrive({ type: 'error', code: 'busy', text: 'Still full.', clientId: idOf(said()[1]) }));
    await after(() => role('button', 'Discard').click());
    expect(root.textContent).not.toContain('precious');
    expect(said()).toHaveLength(2);
  });

  it('that the hub has shown already is not shown as being sent, too', async () => {
    await open();
    await type('once');
    await press('Enter');
    await happen({ type: 'put_step', step: { ...mine('once', 'queued'), clientId: idOf(said()[0]) } });
    expect(root.querySelectorAll('.jcs-message')).toHaveLength(1);
    expect(root.textContent).not.toContain('Sending…');
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
    const sent = backend.line.sent.at(-1);
    expect(sent).toMatchObject({ type: 'env', values: { API_KEY: 'k' } });
    expect(() => role('[role=alert]')).toThrow();
    await after(() =>
      backend.line.arrive({ type: 'error', code: 'missing_env', text: 'REGION is missing.', clientId: idOf(sent) }),
    );
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
    await type('too late');
    await press('Enter');
    expect(said()).toEqual([]);
    expect(composer().value).toBe('too late');
    await after(() => role('button', 'Start a new chat').click());
    expect(backend.created).toHaveLength(2);
  });
});
