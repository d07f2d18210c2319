// @vitest-environment jsdom

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { QUICK_WAIT_MS } from '../src/backoff.js';
import { Refused } from '../src/backend.js';
import type { Connection } from '../src/connection.js';
import type { Event, HubFrame, RunStatus, Step, ViewerFrame } from '../src/frames.js';
import { statusText } from '../src/ui/App.js';
import { timeText } from '../src/ui/Conversations.js';
import { markFor, noteFor } from '../src/ui/Said.js';
import { FakeBackend, FakeClock, FakeKeep, FakeThreads, absent, event, put, resumed, thread, welcome } from './doubles.js';
import { ShownApp, after } from './shown-app.js';

let app: ShownApp;
let root: HTMLElement;
let backend: FakeBackend;
let connection: Connection;
let clock: FakeClock;
let keep: FakeKeep;
let threads: FakeThreads | null;

beforeEach(() => {
  keep = new FakeKeep();
  threads = new FakeThreads();
});
afterEach(() => {
  app.close();
  vi.restoreAllMocks();
});

async function open(frame: HubFrame | null = welcome(), refusal?: Error): Promise<void> {
  backend = new FakeBackend();
  backend.threads = threads;
  clock = new FakeClock();
  if (refusal !== undefined) backend.refusals.push(refusal);
  app = await ShownApp.open({ frame, backend, clock, keep });
  ({ root, connection } = app);
}

const happen = (...changes: Event[]): Promise<void> => app.happen(...changes);

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
    const broken = Object.defineProperty({ id: 'x', type: 'assistant_message', name: 'n' }, 'output', {
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
    expect(noteFor(mine('a', 'interrupted'), [], {})).toContain('stopped before');
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

describe('what is done on the way to an answer', () => {
  const done = (id: string, name: string, more: Partial<Step> = {}): Event =>
    put(id, '', { type: 'tool', name, start: '2026-01-02T03:04:05.000Z', end: '2026-01-02T03:04:07.500Z', ...more });
  const fold = (name: string): HTMLElement => {
    const found = [...root.querySelectorAll<HTMLElement>('.jcs-fold')].find((each) => each.textContent?.includes(name));
    if (found === undefined) throw new Error(`no step ${name}`);
    return found;
  };

  it('is a quiet line that unfolds, with what belongs to it inside', async () => {
    await open();
    await happen(
      done('1', 'Search', { input: '{"a": 1}', output: 'found **it**', showInput: 'json' }),
      done('2', 'Rank', { parentId: '1', output: 'ranked' }),
      put('3', 'The answer', { parentId: '1' }),
    );
    expect([...root.querySelectorAll('article')].map((each) => each.getAttribute('aria-label'))).toEqual(['Search', 'Assistant']);
    expect(fold('Search').textContent).toBe('Search2.5 s');
    expect(fold('Search').getAttribute('aria-expanded')).toBe('false');
    await after(() => fold('Search').click());
    expect(fold('Search').getAttribute('aria-expanded')).toBe('true');
    expect(root.querySelector('.jcs-step-body')?.textContent).toContain('"a": 1');
    expect(root.querySelector('.jcs-step-body strong')?.textContent).toBe('it');
    await after(() => fold('Rank').click());
    expect(root.textContent).toContain('ranked');
    await after(() => fold('Search').click());
    expect(root.textContent).not.toContain('ranked');
  });

  it('says that it goes on, has failed, or was interrupted', async () => {
    await open();
    await happen(done('1', 'One', { end: null }));
    expect(role('article').getAttribute('aria-busy')).toBe('true');
    await happen(done('1', 'One', { isError: true }));
    expect(role('article').getAttribute('aria-busy')).toBe('false');
    expect(fold('One').textContent).toContain('failed · 2.5 s');
    await happen(done('1', 'One', { end: null, status: 'interrupted' }));
    expect(fold('One').textContent).toContain('interrupted');
  });

  it('is open as its author wants, and folds when it is done', async () => {
    await open();
    const wanted = { defaultOpen: true, autoCollapse: true, output: 'thinking' };
    await happen(done('1', 'Think', { ...wanted, end: null }));
    expect(root.textContent).toContain('thinking');
    await happen(done('1', 'Think', wanted));
    expect(root.textContent).not.toContain('thinking');
    await after(() => fold('Think').click());
    expect(root.textContent).toContain('thinking');
  });

  it('is shown also where steps are parents of each other, or of themselves', async () => {
    await open();
    await happen(
      done('1', 'Itself', { parentId: '1', defaultOpen: true, output: 'one' }),
      done('2', 'First', { parentId: '3', defaultOpen: true, output: 'two' }),
      done('3', 'Second', { parentId: '2', defaultOpen: true, output: 'three' }),
    );
    expect(root.querySelector('[role=alert]')).toBeNull();
    expect([...root.querySelectorAll('.jcs-fold')]).toHaveLength(3);
  });

  it('shows its input only where its author lets it, and what a bot writes as text', async () => {
    await open();
    await happen(done('1', '<img src=x>', { input: 'secret', output: '<img src=x onerror=alert(1)>', showInput: false }));
    await after(() => fold('<img').click());
    expect(root.textContent).not.toContain('secret');
    expect(root.querySelector('img')).toBeNull();
  });
});

describe('buttons', () => {
  const asked = (): Event =>
    put('1', 'Shall we?', { actions: [{ id: 'a1', name: 'vote', label: 'Yes', tooltip: 'Go on' }, { id: 'a2', name: 'no' }] });
  const pressed = (status: RunStatus): Event =>
    put('2', '', { type: 'run', name: 'action_callback', clientId: 'c', parentId: '1', input: '{"id":"a1"}', status });

  it('are pressed, and say so until what they do is done', async () => {
    await open();
    await happen(asked());
    expect(role('button', 'no').title).toBe('');
    expect(role('button', 'Yes').title).toBe('Go on');
    await after(() => role('button', 'Yes').click());
    const command = backend.line.sent.at(-1);
    expect(command).toMatchObject({ type: 'press', stepId: '1', actionId: 'a1' });
    expect(role('button', 'Yes')).toMatchObject({ disabled: true, ariaBusy: 'true' });
    expect(role('button', 'no')).toMatchObject({ disabled: false });
    await after(() => backend.line.arrive({ type: 'accepted', clientId: idOf(command), stepId: '2' }));
    await happen(pressed('running'));
    expect(role('button', 'Yes')).toMatchObject({ disabled: true });
    await happen(pressed('done'));
    expect(role('button', 'Yes')).toMatchObject({ disabled: false });
    expect(root.querySelectorAll('article')).toHaveLength(1);
  });

  it('that were interrupted can be tried again', async () => {
    await open();
    await happen(asked(), pressed('interrupted'));
    await after(() => role('button', 'Retry').click());
    expect(backend.line.sent.at(-1)).toMatchObject({ type: 'retry', stepId: '2' });
  });

  it('answer the question that they are for, and what is written meanwhile is a message', async () => {
    await open();
    await happen(asked(), { type: 'put_question', question: { id: 'q', stepId: '1', kind: 'action', timeoutS: 90 } });
    expect(root.querySelector('.jcs-hint')?.textContent).toContain('Choose above: Shall we?');
    await type('By the way');
    await press('Enter');
    expect(backend.line.sent.at(-1)).toMatchObject({ type: 'message', text: 'By the way' });
    await after(() => role('button', 'no').click());
    expect(backend.line.sent.at(-1)).toMatchObject({ type: 'answer', questionId: 'q', text: '', actionId: 'a2' });
    expect(role('button', 'Yes')).toMatchObject({ disabled: true });
  });

  it('that are gone when they are pressed say why, and that can be dismissed', async () => {
    await open();
    await happen(asked());
    await after(() => role('button', 'Yes').click());
    const error = { type: 'error', code: 'conflict', text: 'This button is gone.', clientId: idOf(backend.line.sent.at(-1)) } as const;
    await after(() => backend.line.arrive(error));
    expect(role('[role=alert]').textContent).toContain('This button is gone.');
    await after(() => role('button', 'Dismiss').click());
    expect(root.querySelector('[role=alert]')).toBeNull();
  });

  it('show what a bot writes on them as text', async () => {
    await open();
    await happen(put('1', 'Hi', { actions: [{ id: 'a1', name: 'x', label: '<img src=x onerror=alert(1)>\u202e', tooltip: '"><b>' }] }));
    expect(root.querySelector('.jcs-actions img')).toBeNull();
    expect(root.querySelector('.jcs-action')?.textContent).toBe('<img src=x onerror=alert(1)>');
  });
});

describe('a message of one’s own that is edited', () => {
  const mine = (output: string, more: Partial<Step> = {}): Event =>
    put('1', output, { type: 'user_message', clientId: 'said-1', status: 'done', ...more });
  const pencil = (): HTMLElement | null => root.querySelector('[data-can-edit] [aria-label="Edit your message"]');
  const field = (): HTMLTextAreaElement | null => root.querySelector('[aria-label="Your message, changed"]');
  const key = (name: string) =>
    after(() => void field()?.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true })));

  it('is sent with Enter, and looks as before until the hub has it', async () => {
    await open();
    await happen(mine('one'));
    await after(() => pencil()?.click());
    expect(field()?.value).toBe('one');
    await after(() => {
      (field() as HTMLTextAreaElement).value = 'other';
      field()?.dispatchEvent(new Event_('input', { bubbles: true }));
    });
    await key('Enter');
    expect(backend.line.sent.at(-1)).toMatchObject({ type: 'edit', stepId: '1', text: 'other' });
    expect(field()).toBeNull();
    expect(root.querySelectorAll('.jcs-message')).toHaveLength(1);
  });

  it('has the caret at its end from the moment it is there, so that it moves under nobody who types at once', async () => {
    await open();
    await happen(mine('one'));
    const there = new Promise<HTMLTextAreaElement>((resolve) => {
      new MutationObserver(() => field() !== null && resolve(field() as HTMLTextAreaElement)).observe(root, {
        childList: true,
        subtree: true,
      });
    });
    pencil()?.click();
    const { selectionStart, selectionEnd } = await there;
    expect(document.activeElement).toBe(field());
    expect([selectionStart, selectionEnd]).toEqual([3, 3]);
  });

  it('is left as it was with Escape', async () => {
    await open();
    await happen(mine('one'));
    await after(() => pencil()?.click());
    await key('Escape');
    expect(field()).toBeNull();
    expect(root.querySelector('article')?.textContent).toContain('one');
  });

  it('cannot be while something is answered, and an answer to a question never', async () => {
    await open();
    await happen(mine('one'));
    const before = pencil();
    expect(before).not.toBeNull();
    await happen({ type: 'set_run', run: '2', name: 'on_message', status: 'running' });
    expect(pencil()).toBeNull();
    await happen({ type: 'set_run', run: '2', name: 'on_message', status: 'done' });
    expect(pencil()).toBe(before); // nothing that was said before is drawn again with each answer
    await happen(mine('Ada', { status: null }));
    expect(pencil()).toBeNull();
  });
});

describe('the state of a message of one’s own', () => {
  const mine = (id: string, status: 'queued' | 'running' | 'interrupted' | 'done') =>
    ({ id, type: 'user_message', name: 'Alice', output: id, status }) as const;

  it('is a small sign until it is answered', () => {
    const steps = [mine('a', 'done'), mine('b', 'running'), mine('c', 'queued')];
    expect(steps.map((step) => markFor(step, steps, {}))).toEqual([null, 'answering', null]);
    expect(markFor(mine('a', 'queued'), [mine('a', 'queued')], {})).toBe('sent');
  });

  it('says that it is not sent while the line is cut, and whether a reload would lose it', async () => {
    await open();
    await after(() => backend.line.cut());
    await type('Hello');
    await press('Enter');
    expect(root.textContent).toContain('Not sent yet: it goes out when the connection is back');
    keep.isFull = true;
    await type('More');
    await press('Enter');
    expect(root.textContent).toContain('keep this page open');
  });

  it('refused for now says when it is tried again by itself', async () => {
    await open();
    await type('Hello');
    await press('Enter');
    const clientId = idOf(said()[0]);
    const error = { type: 'error', code: 'too_fast', text: 'You write very fast.', clientId, retryAfterS: 7 } as const;
    await after(() => backend.line.arrive(error));
    expect(root.textContent).toContain('You write very fast.');
    expect(root.textContent).toContain('Trying again in 7 s.');
    await after(() => clock.pass(7_000));
    expect(root.textContent).not.toContain('You write very fast.');
    expect(said()).toHaveLength(2);
  });

  it('interrupted offers Retry, once; what was written stays, and is marked as cut off', async () => {
    await open();
    const step = mine('question', 'interrupted');
    await happen({ type: 'put_step', step }, put('a', 'half an ans', { status: 'interrupted', parentId: 'question' }));
    expect(role('article', 'Assistant').textContent).toContain('half an ans');
    expect(role('article', 'Assistant').textContent).toContain('Cut off');
    const retry = (): HTMLButtonElement => role('button', 'Retry') as HTMLButtonElement;
    await after(() => retry().click());
    expect(backend.line.sent.at(-1)).toMatchObject({ type: 'retry', stepId: 'question' });
    expect(retry().disabled).toBe(true);
    await happen({ type: 'put_step', step: { ...step, status: 'running' } });
    expect(retry).toThrow();
  });

  it('whose Retry has to wait says so', async () => {
    await open();
    await happen({ type: 'put_step', step: mine('question', 'interrupted') });
    await after(() => role('button', 'Retry').click());
    const clientId = idOf(backend.line.sent.at(-1));
    const error = { type: 'error', code: 'storage_full', text: 'The disk is full.', clientId, retryAfterS: 7 } as const;
    await after(() => backend.line.arrive(error));
    expect(role('article', 'Alice').textContent).toContain('The disk is full.');
    expect((role('button', 'Retry') as HTMLButtonElement).disabled).toBe(true);
  });

  it('whose Retry was refused says why, and can be retried again', async () => {
    await open();
    await happen({ type: 'put_step', step: mine('question', 'interrupted') });
    await after(() => role('button', 'Retry').click());
    const clientId = idOf(backend.line.sent.at(-1));
    await after(() => backend.line.arrive({ type: 'error', code: 'busy', text: 'The line is full.', clientId }));
    expect(role('article', 'Alice').textContent).toContain('The line is full.');
    expect((role('button', 'Retry') as HTMLButtonElement).disabled).toBe(false);
    expect(() => role('button', 'Send again')).toThrow();
  });
});

describe('the composer', () => {
  it('has what was written there after a reload, and nothing once it was sent', async () => {
    await open();
    await type('not yet');
    app.leave();
    await open();
    expect(composer().value).toBe('not yet');
    await press('Enter');
    app.leave();
    await open();
    expect(composer().value).toBe('');
  });

  it('keeps what cannot wait any more to be sent, and says so', async () => {
    await open();
    await after(() => {
      for (let number = 0; number < 32; number++) connection.say(`m${number}`, {}, `c${number}`);
    });
    await type('one too many');
    await press('Enter');
    expect(composer().value).toBe('one too many');
    expect(root.textContent).toContain('Your text stays here');
  });

  it('keeps Stop beside it while a question of a run is open', async () => {
    await open();
    const run = { id: 'r', name: 'on_message' };
    await happen({ type: 'set_state', state: { run } }, put('a', 'Name?'), {
      type: 'put_question',
      question: { id: 'q', stepId: 'a' },
    });
    await after(() => role('button', 'Stop').click());
    expect(backend.line.sent.at(-1)).toEqual({ type: 'stop' });
  });
});

describe('conversations of before', () => {
  const button = (): HTMLButtonElement => role('button', 'Conversations') as HTMLButtonElement;
  const panel = (): HTMLElement => role('[role=group]', 'Conversations');
  const names = (): (string | null)[] =>
    [...panel().querySelectorAll('.jcs-thread-name')].map((element) => element.textContent);
  const key = (name: string): Promise<void> =>
    after(() => void document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true })));
  const choose = (name: string): Promise<void> =>
    after(() => {
      const found = [...panel().querySelectorAll<HTMLElement>('.jcs-thread-open')].find((row) =>
        row.textContent.startsWith(name),
      );
      if (found === undefined) throw new Error(`no conversation ${name}`);
      found.click();
    });

  beforeEach(() => {
    threads = new FakeThreads([thread('thread-1', 'Now'), thread('t2', 'Planets'), thread('t3', '  ')]);
  });

  it('have no button where there are none, or nothing keeps them', async () => {
    threads = new FakeThreads();
    await open();
    expect(button).toThrow();
    app.leave();
    threads = null;
    await open();
    expect(button).toThrow();
  });

  it('are asked for again after a cut that kept them away', async () => {
    threads?.refusals.push(new Error('cut'), new Error('cut'));
    await open();
    expect(button).toThrow();
    await after(() => backend.line.cut());
    await after(() => clock.pass(60_000));
    await after(() => {
      backend.line.listener.onOpen();
      backend.line.arrive(resumed(0));
    });
    await vi.waitFor(button);
    await after(() => button().click());
    expect(names()).toEqual(['Now', 'Planets', 'Untitled']);
  });

  it('are listed, and reached with the keyboard', async () => {
    await open();
    expect(button().getAttribute('aria-expanded')).toBe('false');
    await after(() => button().click());
    expect(button().getAttribute('aria-expanded')).toBe('true');
    expect(names()).toEqual(['Now', 'Planets', 'Untitled']);
    expect(panel().querySelector('[aria-current=true]')?.textContent).toBe('NowShown now');
    button().focus();
    await key('ArrowDown');
    expect(document.activeElement?.textContent).toContain('Now');
    await key('End');
    expect(document.activeElement?.textContent).toContain('Untitled');
    await key('Escape');
    expect(panel).toThrow();
    expect(document.activeElement).toBe(button());
  });

  it('close when one points elsewhere', async () => {
    await open();
    await after(() => button().click());
    await after(() => void document.body.dispatchEvent(new window.MouseEvent('pointerdown', { bubbles: true })));
    expect(panel).toThrow();
  });

  it('are gone to by choosing one; choosing the one that is shown changes nothing', async () => {
    await open();
    await after(() => button().click());
    await choose('Now');
    expect(backend.resumed).toEqual([]);
    await after(() => button().click());
    await choose('Planets');
    expect(backend.resumed).toEqual(['t2']);
    expect(panel).toThrow();
  });

  it('that cannot be had say why, and the list stays', async () => {
    await open();
    await after(() => button().click());
    backend.refusals.push(new Error('This conversation is not there any more.'));
    await choose('Planets');
    expect(role('[role=alert]').textContent).toBe('This conversation is not there any more.');
    expect(names()).toHaveLength(3);
    expect(backend.lines).toHaveLength(1);
  });

  it('are deleted only after a question, and never the one that is shown', async () => {
    await open();
    await after(() => button().click());
    expect(() => role('button', 'Delete Now')).toThrow();
    await after(() => role('button', 'Delete Planets').click());
    expect(document.activeElement).toBe(role('button', 'Keep'));
    await after(() => role('button', 'Keep').click());
    expect(document.activeElement).toBe(role('button', 'Delete Planets'));
    expect(threads?.kept).toHaveLength(3);
    await after(() => role('button', 'Delete Planets').click());
    await after(() => role('button', 'Delete').click());
    expect(threads?.kept.map((kept) => kept.thread)).toEqual(['thread-1', 't3']);
    expect(names()).toEqual(['Now', 'Untitled']);
    expect(panel().contains(document.activeElement)).toBe(true);
  });

  it('are exported as a file', async () => {
    const files: string[] = [];
    vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => 'blob:it', revokeObjectURL: () => undefined }));
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      files.push(this.download);
    });
    await open();
    await after(() => button().click());
    await after(() => role('button', 'Export Planets').click());
    await after(() => role('button', 'Notebook').click());
    expect(threads?.exported).toEqual(['t2 notebook']);
    expect(files).toEqual(['Planets.ipynb']);
  });

  it('appear once there is one', async () => {
    const kept = threads?.kept ?? [];
    threads = new FakeThreads();
    await open();
    threads.kept = kept;
    await happen({ type: 'put_step', step: { id: 'u', type: 'user_message', name: 'Alice', output: 'Hi' } });
    await vi.waitFor(button);
  });

  it('tell the time today, and the day otherwise', () => {
    const now = new Date(2026, 5, 5, 12);
    expect(timeText(new Date(2026, 5, 5, 9, 5).toISOString(), now)).toMatch(/\b0?9[:.]05/);
    expect(timeText(new Date(2026, 2, 1).toISOString(), now)).not.toContain('2026');
    expect(timeText(new Date(2024, 2, 1).toISOString(), now)).toContain('2024');
    expect(timeText('nonsense', now)).toBe('');
  });
});

describe('New chat', () => {
  it('asks nothing where the old one is kept', async () => {
    await open();
    await happen(put('a', 'Hello'));
    await after(() => role('button', 'New chat').click());
    expect(backend.created).toHaveLength(2);
  });

  it('asks where the old one would be gone, if there is one', async () => {
    threads = null;
    await open();
    await happen(put('a', 'Hello'));
    await after(() => role('button', 'New chat').click());
    expect(backend.created).toHaveLength(1);
    expect(document.activeElement).toBe(role('button', 'Keep it'));
    await after(() => role('button', 'Keep it').click());
    expect(() => role('[role=alertdialog]')).toThrow();
    await after(() => role('button', 'New chat').click());
    await after(() => role('button', 'End it and begin anew').click());
    expect(backend.created).toHaveLength(2);
  });

  it('does not ask where nothing was said', async () => {
    threads = null;
    await open();
    await after(() => role('button', 'New chat').click());
    expect(backend.created).toHaveLength(2);
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

  it('of a chat that the server does not give says why', async () => {
    await open(null, new Refused('storage_off', 'The database cannot be reached.'));
    expect(statusText(connection).text).toBe('Not available');
    expect(root.textContent).toContain('The database cannot be reached.');
  });

  it('that was cut reads Reconnecting…, and what was said stays', async () => {
    await open();
    await happen(put('a', 'still here'));
    await after(() => backend.line.cut());
    expect(role('[role=status]').textContent).toBe('Reconnecting…');
    expect(root.textContent).toContain('still here');
  });

  it('that was cut and is whole again says so', async () => {
    await open();
    await after(() => backend.line.cut());
    await after(() => clock.pass(QUICK_WAIT_MS));
    await after(() => {
      backend.line.listener.onOpen();
      backend.line.arrive(resumed(1), event(1, put('a', 'missed')));
    });
    expect(role('[role=status]').textContent).toBe('Up to date again');
    await after(() => clock.pass(4_000));
    expect(role('[role=status]').textContent).toBe('Connected');
  });

  it('says that the server restarts', async () => {
    await open();
    await after(() => backend.line.arrive({ type: 'going', retryAfterS: 3 }));
    await after(() => backend.line.cut(1012));
    expect(role('[role=status]').textContent).toBe('The server is restarting…');
  });

  it('to a server of another version offers to reload the page', async () => {
    await open();
    await after(() => backend.line.cut(4426));
    expect(role('[role=alert]').textContent).toContain('older than the server');
    expect(role('button', 'Reload the page')).toBeDefined();
  });

  it('names what is wrong with the storage for as long as it is', async () => {
    await open();
    await happen({ type: 'set_state', state: { storage: { code: 'full', text: 'The disk is full.' } } });
    expect(role('[role=status]', 'Storage').textContent).toBe('The disk is full.');
    await happen({ type: 'set_state', state: { storage: null } });
    expect(() => role('[role=status]', 'Storage')).toThrow();
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
