// @vitest-environment jsdom

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Event, Step, ViewerFrame } from '../src/frames.js';
import { fitting, problemWith, readForm, shownValue } from '../src/settings.js';
import { TabStorage } from '../src/storage.js';
import { EDIT_DELAY_MS } from '../src/ui/Settings.js';
import { FakeBackend, FakeKeep } from './doubles.js';
import { ShownApp, after } from './shown-app.js';

const HOSTILE = '<img src=x onerror=alert(1)>';
const TEMPERATURE = { type: 'slider', id: 'temperature', label: 'Temperature', initial: 0.5, min: 0, max: 1, step: 0.1 };
const MODEL = model('small', 'large');
const SYSTEM = { type: 'textinput', id: 'system', label: 'System prompt', initial: null, multiline: true };
const VALUES = { temperature: 0.7, model: 'small', system: null };
const INPUTS = [TEMPERATURE, MODEL, SYSTEM];

function model(...values: string[]) {
  const items = values.map((value) => ({ label: `The ${value} one`, value }));
  return { type: 'select', id: 'model', label: 'Model', initial: values[0], items };
}

let app: ShownApp;
let root: HTMLElement;
let backend: FakeBackend;
let keep: FakeKeep;

beforeEach(() => {
  keep = new FakeKeep();
});
afterEach(() => {
  app.close();
  vi.useRealTimers();
});

/** Look at a chat with settings. */
async function open(settings: object | null = form()): Promise<void> {
  app = await ShownApp.open({ keep });
  ({ root, backend } = app);
  if (settings !== null) await show(settings);
}

function form(inputs: readonly unknown[] = INPUTS, values: object = VALUES, isLive = false): object {
  return { inputs, values, isLive };
}

const show = (settings: object | null): Promise<void> => happen({ type: 'set_state', state: { settings } });

const happen = (...changes: Event[]): Promise<void> => app.happen(...changes);

const button = (): HTMLButtonElement | undefined =>
  [...root.querySelectorAll<HTMLButtonElement>('.jcs-header > button')].find((each) => each.getAttribute('aria-label')?.startsWith('Settings'));
const dialog = (): HTMLElement | null => root.querySelector('[role=dialog]');

async function openDialog(): Promise<void> {
  await after(() => button()?.click());
}

/** What is labelled so in the dialog. */
function field(label: string): HTMLInputElement {
  const named = [...(dialog()?.querySelectorAll('label') ?? [])].find((each) => each.textContent === label);
  const found = named?.control ?? dialog()?.querySelector(`[aria-label="${label}"]`);
  if (found == null) throw new Error(`no field ${label}`);
  return found as HTMLInputElement;
}

function press(text: string): Promise<void> {
  const found = [...(dialog()?.querySelectorAll('button') ?? [])].find((each) => each.textContent === text || each.getAttribute('aria-label') === text);
  if (found === undefined) throw new Error(`no button ${text}`);
  return after(() => found.click());
}

async function write(element: HTMLInputElement, value: string): Promise<void> {
  await after(() => {
    element.value = value;
    element.dispatchEvent(new window.Event('input', { bubbles: true }));
    element.dispatchEvent(new window.Event('change', { bubbles: true }));
  });
}

function key(element: Element | null, name: string, more: KeyboardEventInit = {}): Promise<void> {
  return after(() => void element?.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...more })));
}

function calls(name: string): readonly unknown[] {
  return sent(name).map((frame) => 'value' in frame && frame.value);
}

function sent(name: string): readonly ViewerFrame[] {
  return backend.line.sent.filter((frame) => frame.type === 'call' && frame.name === name);
}

const lastId = (name: string): string => {
  const last = sent(name).at(-1);
  return last !== undefined && 'clientId' in last ? last.clientId : '';
};

function call(values: object, more: Partial<Step> = {}): Step {
  return { id: 'call', type: 'run', name: 'on_settings_update', clientId: 'c', status: 'queued', input: JSON.stringify(values), ...more };
}

describe('the button', () => {
  it('is there only while there are settings', async () => {
    await open(null);
    expect(button()).toBeUndefined();
    await show(form());
    expect(button()?.getAttribute('aria-label')).toBe('Settings');
    await show(null);
    expect(button()).toBeUndefined();
  });

  it('is not there for a form without a field that can be shown', async () => {
    await open(form([{ type: 'hologram', id: 'x', label: 'X' }, { type: 'switch' }, 'switch']));
    expect(button()).toBeUndefined();
  });
});

describe('the dialog', () => {
  it('shows what holds, takes the focus, and gives it back when it is left', async () => {
    await open();
    await openDialog();
    expect(dialog()?.getAttribute('aria-modal')).toBe('true');
    expect(document.activeElement).toBe(field('Temperature'));
    expect([field('Temperature').value, field('Temperature, as a number').value]).toEqual(['0.7', '0.7']);
    await key(document.activeElement, 'Escape');
    expect(dialog()).toBeNull();
    expect(document.activeElement).toBe(button());
  });

  it('keeps Tab inside', async () => {
    await open();
    await openDialog();
    const all = [...(dialog()?.querySelectorAll<HTMLElement>('button, input, select, textarea') ?? [])];
    all.at(-1)?.focus();
    await key(document.activeElement, 'Tab');
    expect(document.activeElement).toBe(all[0]);
    await key(document.activeElement, 'Tab', { shiftKey: true });
    expect(document.activeElement).toBe(all.at(-1));
  });

  it('saves what was changed and nothing else', async () => {
    await open();
    await openDialog();
    await write(field('Temperature'), '0.2');
    expect(field('Temperature, as a number').value).toBe('0.2');
    await press('Save');
    expect(calls('on_settings_update')).toEqual([{ temperature: 0.2 }]);
    expect(dialog()).toBeNull();
  });

  it('says nothing where nothing was changed, or was changed back', async () => {
    await open();
    await openDialog();
    await write(field('System prompt'), 'x');
    await write(field('System prompt'), '');
    await press('Save');
    expect(calls('on_settings_update')).toEqual([]);
  });

  it('forgets what was changed when it is cancelled', async () => {
    await open();
    await openDialog();
    await write(field('Temperature'), '0.2');
    await press('Cancel');
    await openDialog();
    expect(field('Temperature').value).toBe('0.7');
    expect(keep.items.size).toBe(1);
  });

  it('goes back to the defaults, which hold once they are saved', async () => {
    await open();
    await openDialog();
    await press('Reset to defaults');
    expect(field('Temperature').value).toBe('0.5');
    await press('Save');
    expect(calls('on_settings_update')).toEqual([{ temperature: 0.5 }]);
  });

  it('does not save what cannot be, and says why where it is', async () => {
    await open(form([{ type: 'switch', id: 'on', label: 'On', initial: false }, { id: 'a', label: 'Tab A', inputs: [MODEL] }, { id: 'b', label: 'Tab B', inputs: [TEMPERATURE] }]));
    await openDialog();
    await press('Tab B');
    await write(field('Temperature, as a number'), '7');
    await press('Tab A');
    await press('Save');
    expect(calls('on_settings_update')).toEqual([]);
    expect(dialog()?.querySelector('[role=alert]')?.textContent).toBe('A number from 0 to 1.');
    expect(document.activeElement?.getAttribute('aria-invalid')).toBe('true');
  });

  it('leaves a number as it is typed', async () => {
    await open(form([{ type: 'numberinput', id: 'n', label: 'N', initial: null }], {}));
    await openDialog();
    await write(field('N'), '1.50');
    expect(field('N').value).toBe('1.50');
    await press('Save');
    expect(calls('on_settings_update')).toEqual([{ n: 1.5 }]);
  });
});

describe('every kind of field', () => {
  const items = [
    { label: 'A', value: 'a' },
    { label: 'B', value: 'b' },
  ];
  it.each([
    ['switch', { initial: false }, async () => after(() => dialog()?.querySelector<HTMLElement>('[role=switch]')?.click())],
    ['checkbox', { initial: false }, async () => after(() => field('X').click())],
    ['textinput', { initial: null }, async () => write(field('X'), 'some text')],
    ['select', { initial: null, items }, async () => write(field('X'), '1')],
    ['radio', { initial: 'a', items }, async () => after(() => field('B').click())],
    ['multiselect', { initial: ['b'], items }, async () => after(() => field('A').click())],
    ['datepicker', { initial: null }, async () => write(field('X'), '2026-03-31')],
    [
      'datepicker',
      { initial: null, mode: 'range' },
      async () => {
        await write(field('From'), '2026-03-01');
        await write(field('To'), '2026-03-31');
      },
    ],
    [
      'tags',
      { initial: ['one'] },
      async () => {
        await write(field('Write'), 'two');
        await key(field('Write'), 'Enter');
        await write(field('Write'), 'three');
        await key(field('Write'), 'Enter');
        await key(field('Write'), 'Backspace');
        await press('Remove one');
      },
    ],
  ] as const)('%s %o is changed', async (type, more, change) => {
    const wanted = {
      switch: true,
      checkbox: true,
      textinput: 'some text',
      select: 'b',
      radio: 'b',
      multiselect: ['a', 'b'],
      datepicker: 'mode' in more ? ['2026-03-01', '2026-03-31'] : '2026-03-31',
      tags: ['two'],
    }[type];
    await open(form([{ type, id: 'x', label: type === 'tags' ? 'Write' : 'X', ...more }], {}));
    await openDialog();
    await change();
    await press('Save');
    expect(calls('on_settings_update')).toEqual([{ x: wanted }]);
  });

  it('a field that is disabled is shown and left alone', async () => {
    await open(form([{ ...TEMPERATURE, disabled: true }, MODEL]));
    await openDialog();
    expect(field('Temperature').disabled).toBe(true);
    await press('Reset to defaults');
    await press('Save');
    expect(calls('on_settings_update')).toEqual([]);
  });

  it('tabs are gone through with arrows', async () => {
    await open(form([{ id: 'a', label: 'One', inputs: [TEMPERATURE] }, { id: 'b', label: 'Two', inputs: [MODEL] }]));
    await openDialog();
    const tabs = [...(dialog()?.querySelectorAll<HTMLElement>('[role=tab]') ?? [])];
    tabs[0]?.focus();
    await key(document.activeElement, 'ArrowRight');
    expect(document.activeElement).toBe(tabs[1]);
    expect(tabs.map((tab) => [tab.getAttribute('aria-selected'), tab.tabIndex])).toEqual([
      ['false', -1],
      ['true', 0],
    ]);
    expect(dialog()?.querySelector('[role=tabpanel]')?.getAttribute('aria-labelledby')).toBe(tabs[1]?.id);
    expect(field('Model')).toBeDefined();
  });
});

describe('whatever an author writes', () => {
  it('is text', async () => {
    const items = [{ label: HOSTILE, value: HOSTILE }];
    const named = (type: string, id: string) => ({ type, id, label: HOSTILE, description: HOSTILE, tooltip: HOSTILE, initial: [HOSTILE], items });
    await open(form([named('tags', 'a'), { id: 't', label: HOSTILE, inputs: [named('multiselect', 'b'), { ...named('radio', 'c'), initial: HOSTILE }] }], {}));
    await openDialog();
    await press(`About ${HOSTILE}`);
    expect(root.querySelector('img')).toBeNull();
    expect(dialog()?.textContent?.split(HOSTILE).length).toBeGreaterThan(6);
  });

  it('explains a field, whatever one points with', async () => {
    await open(form([{ ...TEMPERATURE, tooltip: 'How daring', description: 'Higher is wilder.' }]));
    await openDialog();
    const described = (): string =>
      (field('Temperature').getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent).join('|');
    expect(described()).toBe('Higher is wilder.');
    await press('About Temperature');
    expect(described()).toBe('Higher is wilder.|How daring');
  });
});

describe('a form that changes while it is open', () => {
  it('keeps what was typed where there is still room for it', async () => {
    await open();
    await openDialog();
    await write(field('System prompt'), 'Be brief.');
    await write(field('Model'), '1');
    await show(form([MODEL, SYSTEM], { model: 'small' }));
    expect([field('System prompt').value, field('Model').value]).toEqual(['Be brief.', '1']);
    await show(form([model('huge', 'tiny'), SYSTEM], { model: 'huge' }));
    expect([field('System prompt').value, field('Model').value]).toEqual(['Be brief.', '0']);
    await press('Save');
    expect(calls('on_settings_update')).toEqual([{ system: 'Be brief.' }]);
  });

  it('shows what was saved in another tab, and keeps what is typed here', async () => {
    await open();
    await openDialog();
    await write(field('System prompt'), 'Be brief.');
    await show(form(INPUTS, { ...VALUES, temperature: 0.1 }));
    expect([field('Temperature').value, field('System prompt').value]).toEqual(['0.1', 'Be brief.']);
  });

  it('is left alone when it is taken away', async () => {
    await open();
    await openDialog();
    await show(null);
    expect(dialog()).toBeNull();
  });
});

describe('what is not saved', () => {
  it('outlives a reload, and the button says so', async () => {
    await open();
    await openDialog();
    await write(field('Temperature'), '0.2');
    app.leave();
    await open();
    expect(button()?.getAttribute('aria-label')).toBe('Settings, edited');
    await openDialog();
    expect(field('Temperature').value).toBe('0.2');
  });

  it('does not follow into another session', async () => {
    await open();
    await openDialog();
    await write(field('Temperature'), '0.2');
    const kept = new TabStorage(keep, '/ demo');
    expect([kept.settingsDraft('session-1'), kept.settingsDraft('session-2')]).toEqual([{ temperature: 0.2 }, {}]);
  });
});

describe('what is saved', () => {
  it('is shown as such while it waits for its turn', async () => {
    await open();
    await happen({ type: 'put_step', step: call({ temperature: 0.2 }) });
    await openDialog();
    expect(field('Temperature').value).toBe('0.2');
    expect(dialog()?.textContent).toContain('What you saved holds once its turn has come.');
  });

  it('can be saved again where the hub turned it down', async () => {
    await open();
    await openDialog();
    await write(field('Temperature'), '0.2');
    await press('Save');
    const error = { type: 'error', code: 'busy', text: 'The last message is still being answered.' } as const;
    await after(() => backend.line.arrive({ ...error, clientId: lastId('on_settings_update') }));
    expect(button()?.getAttribute('aria-label')).toBe('Settings, not saved');
    await openDialog();
    expect(dialog()?.querySelector('[role=alert]')?.textContent).toContain('Not saved: The last message is still being answered.');
    await press('Save again');
    expect(calls('on_settings_update')).toEqual([{ temperature: 0.2 }, { temperature: 0.2 }]);
    expect(app.connection.failed).toEqual([]);
  });

  it('can be run again where the notebook stopped meanwhile', async () => {
    await open();
    await happen({ type: 'put_step', step: call({ temperature: 0.2 }, { status: 'interrupted' }) });
    expect(button()?.getAttribute('aria-label')).toBe('Settings, not saved');
    await openDialog();
    await press('Retry');
    expect(backend.line.sent.at(-1)).toMatchObject({ type: 'retry', stepId: 'call' });
  });
});

describe('where the author wants to know of edits', () => {
  const live = async (): Promise<void> => {
    await open(form(INPUTS, VALUES, true));
    await openDialog();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  };
  const pause = (): Promise<void> => after(() => void vi.advanceTimersByTime(EDIT_DELAY_MS));
  const confirm = (): Promise<void> =>
    after(() => backend.line.arrive({ type: 'accepted', clientId: lastId('on_settings_edit'), stepId: 'edit' }));

  it('they are told once nothing is typed for a moment', async () => {
    await live();
    await write(field('System prompt'), 'B');
    await write(field('System prompt'), 'Be');
    expect(calls('on_settings_edit')).toEqual([]);
    await pause();
    expect(calls('on_settings_edit')).toEqual([{ system: 'Be' }]);
  });

  it('one edit is on its way at a time, and the next is the newest', async () => {
    await live();
    await write(field('System prompt'), 'B');
    await pause();
    await write(field('System prompt'), 'Be');
    await pause();
    await write(field('System prompt'), 'Be brief.');
    await pause();
    expect(calls('on_settings_edit')).toHaveLength(1);
    await confirm();
    await pause();
    expect(calls('on_settings_edit')).toEqual([{ system: 'B' }, { system: 'Be brief.' }]);
  });

  it('they are told when it was all for nothing, and not when it is saved', async () => {
    await live();
    await write(field('System prompt'), 'B');
    await pause();
    await confirm();
    await press('Cancel');
    await pause();
    expect(calls('on_settings_edit')).toEqual([{ system: 'B' }, {}]);
    await confirm();
    await openDialog();
    await write(field('System prompt'), 'C');
    await press('Save');
    await pause();
    expect(calls('on_settings_edit')).toHaveLength(2);
    expect(calls('on_settings_update')).toEqual([{ system: 'C' }]);
  });
});

describe('the form as it is read', () => {
  it('is none where there is none', () => {
    for (const state of [undefined, null, 'x', {}, { inputs: 'x' }, { inputs: [] }, { inputs: [{ id: 't', inputs: [] }] }]) {
      expect(readForm(state)).toBeNull();
    }
  });

  it('shows the first value that a field can', () => {
    const [temperature, choice] = readForm(form())?.fields ?? [];
    if (temperature === undefined || choice === undefined) throw new Error('no fields');
    expect(shownValue(temperature, { temperature: 'hot' }, { temperature: 0.3 })).toBe(0.3);
    expect(shownValue(choice, { model: 'gone' })).toBe('small');
    expect(shownValue({ ...choice, initial: 'gone' })).toBeNull();
  });

  it('takes no values of fields that it does not have', () => {
    const read = readForm(form());
    expect(read && fitting(read, { nope: 1, temperature: 0.2, model: 'gone', toString: 1 })).toEqual({ temperature: 0.2 });
  });

  it.each([
    [['2026-03-01', ''], 'Both dates, or none.'],
    [['2026-03-02', '2026-03-01'], 'The first date comes before the last.'],
    [['2025-12-31', '2026-03-01'], 'Not before 2026-01-01.'],
    [['2026-03-01', '2027-01-01'], 'Not after 2026-12-31.'],
    [['2026-03-01', '2026-03-01'], null],
    [null, null],
  ])('%j is said to be %s', (value, problem) => {
    const dates = { type: 'datepicker', id: 'd', label: 'D', mode: 'range', min_date: '2026-01-01', max_date: '2026-12-31' };
    const [read] = readForm(form([dates]))?.fields ?? [];
    expect(read && problemWith(read, value)).toBe(problem);
  });
});
