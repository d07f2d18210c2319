// @vitest-environment jsdom

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { joinElement, joinParent } from '../src/around.js';
import type { Event, SessionState, ViewerFrame } from '../src/frames.js';
import { TabStorage } from '../src/storage.js';
import { FakeBackend, FakeKeep, FakeThreads, put, welcome } from './doubles.js';
import { ShownApp, after } from './shown-app.js';

let app: ShownApp;
let root: HTMLElement;
let backend: FakeBackend;
let keep: FakeKeep;
let threads: FakeThreads | null;

const HOSTILE = '<img src=x onerror=alert(1)><script>alert(2)</script>';

beforeEach(() => {
  keep = new FakeKeep();
  threads = new FakeThreads();
});
afterEach(() => {
  app.close();
  vi.useRealTimers();
});

async function open(state: SessionState = {}): Promise<void> {
  backend = new FakeBackend();
  backend.threads = threads;
  app = await ShownApp.open({ backend, keep, frame: welcome({ snapshot: { state: { host: 'connected', started: true, ...state } } }) });
  root = app.root;
}

const happen = (...changes: Event[]): Promise<void> => app.happen(...changes);
const state = (changes: SessionState): Event => ({ type: 'set_state', state: changes });

function find(selector: string, label?: string): HTMLElement | undefined {
  return [...root.querySelectorAll<HTMLElement>(selector)].find(
    (element) => label === undefined || element.getAttribute('aria-label') === label || element.textContent === label,
  );
}

function role(selector: string, label?: string): HTMLElement {
  const found = find(selector, label);
  if (found === undefined) throw new Error(`no ${selector} ${label ?? ''}`);
  return found;
}

const click = (selector: string, label?: string): Promise<void> => after(() => role(selector, label).click());
const composer = (): HTMLTextAreaElement => role('textarea', 'Message') as HTMLTextAreaElement;

async function type(text: string, input = composer()): Promise<void> {
  await after(() => {
    input.value = text;
    input.dispatchEvent(new window.Event('input', { bubbles: true }));
  });
}

async function press(key: string, more: KeyboardEventInit = {}, element: Element = composer()): Promise<KeyboardEvent> {
  const pressed = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more });
  await after(() => void element.dispatchEvent(pressed));
  return pressed;
}

function sent(kind: ViewerFrame['type']): Record<string, unknown>[] {
  const frames = backend.lines.flatMap((line) => line.sent).filter((frame) => frame.type === kind);
  return frames.map(({ ...frame }) => frame as unknown as Record<string, unknown>);
}

const texts = (selector: string): string[] => [...root.querySelectorAll(selector)].map((element) => element.textContent ?? '');

describe('chat profiles', () => {
  const profiles = [
    { name: 'fast', displayName: 'Fast', markdownDescription: 'Answers **at once**.' },
    { name: 'deep', displayName: 'Thorough', markdownDescription: HOSTILE },
  ];

  it('are opened by a button that says which is chosen, and have descriptions in sanitised Markdown', async () => {
    await open({ profiles, profile: 'fast' });
    await click('button', 'Chat profile: Fast');
    expect(texts('.jcs-profile-choice')).toEqual(['Fast', 'Thorough']);
    expect(root.querySelector('.jcs-profile-about strong')?.textContent).toBe('at once');
    expect(root.querySelector('.jcs-profile-about :is(script, [onerror])')).toBeNull();
    expect(document.activeElement).toBe(role('[aria-pressed=true]'));
  });

  it('are gone through with the arrow keys and left with Escape', async () => {
    await open({ profiles, profile: 'fast' });
    await click('button', 'Chat profile: Fast');
    await press('ArrowDown', {}, document.activeElement ?? root);
    expect(document.activeElement?.textContent).toBe('Thorough');
    await press('Escape', {}, document.activeElement ?? root);
    expect(find('[role=group]', 'Chat profiles')).toBeUndefined();
    expect(document.activeElement).toBe(role('button', 'Chat profile: Fast'));
  });

  it('begin a new session with the chosen one, which the tab remembers', async () => {
    await open({ profiles, profile: 'fast' });
    await click('button', 'Chat profile: Fast');
    await click('.jcs-profile-choice', 'Thorough');
    expect(sent('end')).toHaveLength(1);
    expect(backend.profiles).toEqual([undefined, 'deep']);
    expect(new TabStorage(keep, '/ demo').choices.profile).toBe('deep');
  });

  it('ask first where the conversation would be lost', async () => {
    threads = null;
    await open({ profiles, profile: 'fast' });
    await happen(put('a', 'Hello'));
    await click('button', 'Chat profile: Fast');
    await click('.jcs-profile-choice', 'Thorough');
    await click('[role=alertdialog] button', 'Keep it');
    expect(backend.profiles).toEqual([undefined]);
    await click('button', 'Chat profile: Fast');
    await click('.jcs-profile-choice', 'Thorough');
    await click('[role=alertdialog] button', 'End it and begin anew');
    expect(backend.profiles).toEqual([undefined, 'deep']);
  });

  it('stay chosen in a new chat', async () => {
    await open({ profiles, profile: 'deep' });
    await click('button', 'New chat');
    expect(backend.profiles).toEqual([undefined, 'deep']);
  });

  it('are not there where there are none', async () => {
    await open({});
    expect(find('.jcs-profile')).toBeUndefined();
  });

  it('leave out what has not the shape of one', async () => {
    await open({ profiles: [7, null, { name: 'x' }, ...profiles], profile: 'fast' });
    await click('button', 'Chat profile: Fast');
    expect(texts('.jcs-profile-choice')).toEqual(['Fast', 'Thorough']);
  });
});

describe('starters', () => {
  const starters = [
    { label: 'Joke', message: 'Tell me one', command: 'Fun' },
    { label: HOSTILE, message: 'x' },
  ];

  it('say their message with its command, and are gone then', async () => {
    await open({ starters });
    await click('.jcs-starter', 'Joke');
    expect(sent('message')).toMatchObject([{ text: 'Tell me one', command: 'Fun' }]);
    expect(find('.jcs-starters')).toBeUndefined();
  });

  it('are text, whatever stands on them', async () => {
    await open({ starters });
    expect(texts('.jcs-starter')[1]).toContain('<img src=x');
    expect(root.querySelector('.jcs-starters :is(img, script)')).toBeNull();
  });

  it('are offered below a greeting, but not while a question waits', async () => {
    await open({ starters });
    await happen(put('a', 'Hello'));
    expect(find('.jcs-starters')).toBeDefined();
    await happen({ type: 'put_question', question: { id: 'q', stepId: 'a' } });
    expect(find('.jcs-starters')).toBeUndefined();
  });

  it('stand behind their categories', async () => {
    await open({ starters, starterCategories: [{ label: 'Fun', starters: [starters[0]] }, { label: 'Work', starters: [] }] });
    expect(texts('.jcs-starter')).toEqual([]);
    await click('.jcs-starter-category', 'Fun');
    expect(role('.jcs-starter-category', 'Fun').getAttribute('aria-expanded')).toBe('true');
    expect(texts('.jcs-starter')).toEqual(['Joke']);
    await click('.jcs-starter-category', 'Fun');
    expect(texts('.jcs-starter')).toEqual([]);
  });

  it('show pictures of other servers only where the channel allows it', async () => {
    const icon = 'https://example.com/x.png';
    await open({ starters: [{ label: 'A', message: 'a', icon }, { label: 'B', message: 'b', icon: 'data:image/png;base64,AA==' }] });
    expect([...root.querySelectorAll('.jcs-starter img')].map((image) => image.getAttribute('src'))).toEqual([
      'data:image/png;base64,AA==',
    ]);
  });
});

describe('commands', () => {
  const commands = [
    { id: 'Search', description: 'Look it up' },
    { id: 'Draw', description: HOSTILE, button: true, persistent: true },
    { id: 'Sum', description: '' },
  ];

  it('are found by a slash, chosen with the keys, and go with one message', async () => {
    await open({ commands });
    await type('/s');
    expect(texts('[role=option] bdi')).toEqual(['Search', 'Sum']);
    await press('ArrowDown');
    await press('ArrowDown');
    await press('ArrowUp');
    const option = role('[role=option][aria-selected=true]');
    expect(option.textContent).toContain('Sum');
    expect(composer().getAttribute('aria-activedescendant')).toBe(option.id);
    expect(composer().getAttribute('aria-controls')).toBe(role('[role=listbox]', 'Commands').id);
    expect((await press('Enter')).defaultPrevented).toBe(true);
    expect(sent('message')).toEqual([]);
    expect(composer().value).toBe('');
    expect(texts('.jcs-chip bdi')).toEqual(['Sum']);
    await type('1 2');
    await press('Enter');
    await type('more');
    await press('Enter');
    expect(sent('message').map(({ text, command }) => [text, command])).toEqual([
      ['1 2', 'Sum'],
      ['more', undefined],
    ]);
  });

  it('are left with Escape; then a slash is a slash', async () => {
    await open({ commands });
    await type('/');
    await press('Escape');
    expect(find('[role=listbox]')).toBeUndefined();
    expect(document.activeElement === composer() || composer().value === '/').toBe(true);
    await press('Enter');
    expect(sent('message')).toMatchObject([{ text: '/' }]);
  });

  it('do not take Enter while an input method composes, nor where none fits', async () => {
    await open({ commands });
    await type('/s');
    await press('Enter', { isComposing: true });
    expect(texts('.jcs-chip')).toEqual([]);
    await type('/etc/passwd');
    await press('Enter');
    expect(sent('message')).toMatchObject([{ text: '/etc/passwd' }]);
  });

  it('are browsed with a button, which keeps what is written', async () => {
    await open({ commands });
    await type('cats');
    await click('button', 'Commands');
    await after(() => role('[role=option]').click());
    expect(composer().value).toBe('cats');
    await press('Enter');
    expect(sent('message')).toMatchObject([{ text: 'cats', command: 'Search' }]);
  });

  it('with a button of their own are pressed, and stay if they are persistent', async () => {
    await open({ commands });
    await click('.jcs-command', 'Draw');
    expect(role('.jcs-command', 'Draw').getAttribute('aria-pressed')).toBe('true');
    for (const text of ['a', 'b']) {
      await type(text);
      await press('Enter');
    }
    await click('.jcs-command', 'Draw');
    await type('c');
    await press('Enter');
    expect(sent('message').map(({ command }) => command)).toEqual(['Draw', 'Draw', undefined]);
  });

  it('may be chosen from the beginning, taken away for good, and outlive a reload', async () => {
    const preset = [{ ...commands[0], selected: true }, ...commands.slice(1)];
    await open({ commands: preset });
    expect(texts('.jcs-chip bdi')).toEqual(['Search']);
    await click('button', 'Take Search away');
    expect(texts('.jcs-chip')).toEqual([]);
    app.leave();
    await open({ commands: preset });
    expect(texts('.jcs-chip')).toEqual([]);
    await happen(state({ commands: preset.slice(0, 1) }));
    expect(texts('.jcs-chip bdi')).toEqual(['Search']);
    await happen(state({ commands: [] }));
    expect(find('.jcs-chip')).toBeUndefined();
  });

  it('do not go with an answer to a question', async () => {
    await open({ commands });
    await click('.jcs-command', 'Draw');
    await happen(put('a', 'Name?'), { type: 'put_question', question: { id: 'q', stepId: 'a' } });
    await type('Ada');
    await press('Enter');
    expect(sent('answer')).toMatchObject([{ text: 'Ada' }]);
    expect(sent('answer')[0]).not.toHaveProperty('command');
  });

  it('are text, whatever an author writes', async () => {
    await open({ commands });
    await type('/d');
    expect(role('[role=option]').textContent).toContain('<script>');
    expect(root.querySelector('.jcs-choosing :is(img, script)')).toBeNull();
  });

  it('go again with what was refused', async () => {
    await open({ commands });
    await click('.jcs-command', 'Draw');
    await type('cat');
    await press('Enter');
    const clientId = String(sent('message')[0]?.['clientId']);
    await after(() => backend.line.arrive({ type: 'error', code: 'busy', text: 'Later.', clientId }));
    await click('button', 'Send again');
    expect(sent('message').map(({ command }) => command)).toEqual(['Draw', 'Draw']);
  });
});

describe('modes', () => {
  const modes = [
    { id: 'model', name: 'Model', options: [{ id: 's', name: 'Small' }, { id: 'l', name: 'Large', default: true }] },
    { id: 'tone', name: HOSTILE, options: [{ id: 'k', name: 'Kind' }] },
  ];

  it('have a default, are chosen for all that is said next, and are remembered', async () => {
    await open({ modes });
    const select = role('.jcs-mode select') as HTMLSelectElement;
    expect(select.value).toBe('l');
    await type('a');
    await press('Enter');
    await after(() => {
      select.value = 's';
      select.dispatchEvent(new window.Event('change', { bubbles: true }));
    });
    await type('b');
    await press('Enter');
    expect(sent('message').map((frame) => frame['modes'])).toEqual([
      { model: 'l', tone: 'k' },
      { model: 's', tone: 'k' },
    ]);
    app.leave();
    await open({ modes });
    expect((role('.jcs-mode select') as HTMLSelectElement).value).toBe('s');
  });

  it('that are gone are the default again, and names are text', async () => {
    keep.setItem('jupyter-chat-sessions choices / demo', JSON.stringify({ modes: { model: 'gone' } }));
    await open({ modes });
    expect((role('.jcs-mode select') as HTMLSelectElement).value).toBe('l');
    expect(root.querySelector('.jcs-choosing :is(img, script)')).toBeNull();
  });

  it.each(['7', '"x"', 'null', '{"modes":7,"command":{},"session":[]}'])('outlive a spoilt storage: %s', async (kept) => {
    keep.setItem('jupyter-chat-sessions choices / demo', kept);
    await open({ modes, commands: [{ id: 'A', description: '' }] });
    expect((role('.jcs-mode select') as HTMLSelectElement).value).toBe('l');
    await type('a');
    await press('Enter');
    expect(sent('message')).toMatchObject([{ text: 'a', modes: { model: 'l', tone: 'k' } }]);
  });
});

describe('ratings', () => {
  it('are offered under what the bot says, where the author listens', async () => {
    await open({});
    await happen(put('a', 'Hello'), put('b', 'Oops', { isError: true }), put('c', 'Hi', { type: 'user_message', name: 'Ada' }));
    expect(find('[role=group]', 'Rate this answer')).toBeUndefined();
    await happen(state({ feedback: true }));
    expect(texts('.jcs-rating')).toHaveLength(1);
  });

  it('are told, shown at once, changed, and taken back', async () => {
    await open({ feedback: true });
    await happen(put('a', 'Hello'));
    await click('button', 'Good answer');
    expect(role('button', 'Good answer').getAttribute('aria-pressed')).toBe('true');
    await happen(put('a', 'Hello', { feedback: { value: 1 } }));
    await click('button', 'Bad answer');
    await click('button', 'Bad answer');
    expect(sent('call').map(({ name, about, value }) => [name, about, value])).toEqual([
      ['on_feedback', 'a', { value: 1 }],
      ['on_feedback', 'a', { value: 0 }],
      ['on_feedback', 'a', null],
    ]);
  });

  it('have a comment, which is left with Escape', async () => {
    await open({ feedback: true });
    await happen(put('a', 'Hello', { feedback: { value: 0 } }));
    await click('button', 'Add a comment');
    const input = role('textarea', 'Comment') as HTMLTextAreaElement;
    expect(document.activeElement).toBe(input);
    await press('Escape', {}, input);
    expect(document.activeElement).toBe(role('button', 'Add a comment'));
    await click('button', 'Add a comment');
    await type(' Too short ', role('textarea', 'Comment') as HTMLTextAreaElement);
    await click('.jcs-comment button', 'Save');
    expect(sent('call').at(-1)).toMatchObject({ value: { value: 0, comment: 'Too short' } });
  });

  it('say when they are turned down', async () => {
    await open({ feedback: true });
    await happen(put('a', 'Hello'));
    await click('button', 'Good answer');
    const clientId = String(sent('call')[0]?.['clientId']);
    await after(() => backend.line.arrive({ type: 'error', code: 'conflict', text: 'This message cannot be rated.', clientId }));
    expect(role('.jcs-rating [role=alert]').textContent).toContain('cannot be rated');
    expect(role('button', 'Good answer').getAttribute('aria-pressed')).toBe('false');
    await click('.jcs-rating button', 'Dismiss');
    expect(find('.jcs-rating [role=alert]')).toBeUndefined();
  });

  it('are no answer to anything while they are told', async () => {
    await open({ feedback: true });
    await happen(put('a', 'Hello'), state({ run: { id: 'r', name: 'on_feedback' } }));
    expect(find('.jcs-thinking')).toBeUndefined();
    await happen(state({ run: { id: 'r', name: 'on_message' } }));
    expect(find('.jcs-thinking')).toBeDefined();
  });
});

describe('toasts', () => {
  const toast = (text: unknown, kind = 'info'): Promise<void> =>
    after(() => backend.line.arrive({ type: 'signal', kind: 'toast', data: { text, kind } }));

  it('are text in a live region, disappear, and stay while they are pointed at', async () => {
    await open({});
    vi.useFakeTimers();
    expect(role('[role=status]', 'Notices').textContent).toBe('');
    await toast(HOSTILE);
    expect(role('[role=status]', 'Notices').textContent).toBe(HOSTILE);
    expect(root.querySelector('.jcs-toast :is(img, script)')).toBeNull();
    await after(() => void role('.jcs-toast').dispatchEvent(new MouseEvent('mouseenter')));
    await after(() => void vi.advanceTimersByTime(60_000));
    expect(texts('.jcs-toast')).toHaveLength(1);
    await after(() => void role('.jcs-toast').dispatchEvent(new MouseEvent('mouseleave')));
    await after(() => void vi.advanceTimersByTime(60_000));
    expect(texts('.jcs-toast')).toHaveLength(0);
  });

  it('of what went wrong are alerts; a flood keeps the newest; each can be dismissed', async () => {
    await open({});
    for (let number = 0; number < 10; number++) await toast(`t${number}`, 'error');
    expect(texts('.jcs-toast[role=alert] > span')).toEqual(['t6', 't7', 't8', 't9']);
    await click('.jcs-toast button', 'Dismiss');
    expect(texts('.jcs-toast > span')).toEqual(['t7', 't8', 't9']);
  });

  it('of the wrong shape are none', async () => {
    await open({});
    await toast({ a: 1 });
    await after(() => backend.line.arrive({ type: 'signal', kind: 'toast' }));
    expect(texts('.jcs-toast')).toEqual([]);
  });
});

describe('the window around', () => {
  it('hears and says something at the chat\'s element', async () => {
    await open({});
    const leave = joinElement(root, app.connection);
    const heard: unknown[] = [];
    document.body.addEventListener('chat-sessions-message', (each) => heard.push((each as CustomEvent).detail), { once: true });
    await after(() => backend.line.arrive({ type: 'signal', kind: 'window_message', data: { row: 1 } }));
    expect(heard).toEqual([{ row: 1 }]);
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    for (const detail of [{ row: 2 }, circle]) root.dispatchEvent(new CustomEvent('chat-sessions-post', { detail }));
    expect(sent('call').map(({ name, value }) => [name, value])).toEqual([['on_window_message', { row: 2 }]]);
    leave();
    root.dispatchEvent(new CustomEvent('chat-sessions-post', { detail: 3 }));
    expect(sent('call')).toHaveLength(1);
  });

  it('is heard from a frame only if it is the parent, of the same origin', () => {
    const page = new EventTarget() as Window & { parent: Window; origin: string };
    const posted: unknown[] = [];
    page.parent = { postMessage: (...said: unknown[]) => posted.push(said) } as unknown as Window;
    page.origin = 'https://hub.example';
    const element = document.createElement('div');
    const heard: unknown[] = [];
    element.addEventListener('chat-sessions-post', (each) => heard.push((each as CustomEvent).detail));
    joinParent(element, page);
    const say = (source: unknown, origin: string, data: string): void => {
      page.dispatchEvent(Object.assign(new window.Event('message'), { source, origin, data }));
    };
    say(page.parent, 'https://evil.example', 'of another origin');
    say(page, 'https://hub.example', 'of the page itself');
    say(page.parent, 'https://hub.example', 'right');
    expect(heard).toEqual(['right']);
    element.dispatchEvent(new CustomEvent('chat-sessions-message', { detail: { row: 1 } }));
    expect(posted).toEqual([[{ row: 1 }, 'https://hub.example']]);
  });

  it('is none where the page is in no frame', () => {
    const page = new EventTarget() as Window & { parent: Window };
    page.parent = page;
    const element = document.createElement('div');
    joinParent(element, page);
    const heard = vi.fn();
    element.addEventListener('chat-sessions-post', heard);
    page.dispatchEvent(Object.assign(new window.Event('message'), { source: page, data: 1 }));
    expect(heard).not.toHaveBeenCalled();
  });
});
