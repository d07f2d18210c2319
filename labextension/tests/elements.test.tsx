// @vitest-environment jsdom

import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { ChannelInfo, Element as ChatElement, Event } from '../src/frames.js';
import { FakeBackend, put, welcome } from './doubles.js';
import { ShownApp, readText } from './shown-app.js';

let app: ShownApp;
let root: HTMLElement;
let backend: FakeBackend;
let width = 1000;
/** What addresses were made for, and which were taken back. */
let made: Blob[] = [];
let revoked: string[] = [];

Blob.prototype.text = readText;

beforeEach(() => {
  width = 1000;
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }));
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockImplementation(() => width);
  made = [];
  revoked = [];
  URL.createObjectURL = (blob: Blob) => `blob:chat/${made.push(blob)}`;
  URL.revokeObjectURL = (url) => void revoked.push(url);
});
afterEach(() => {
  app.close();
  vi.restoreAllMocks();
});

async function open(channel: Partial<ChannelInfo> = {}, rendermime?: unknown): Promise<void> {
  app = await ShownApp.open({ frame: welcome({ channel: { name: 'demo', title: 'Demo', ...channel } }), rendermime });
  ({ root, backend } = app);
}

const happen = (...changes: Event[]): Promise<void> => app.happen(...changes);

/** Let a message have elements, with the content that a file of the same id has. */
async function show(text: string, ...elements: readonly Partial<ChatElement>[]): Promise<void> {
  const whole = elements.map((element, at) => ({ id: `e${at}`, type: 'file', name: `element ${at}`, ...element }));
  await happen(put('m', text, { elements: whole }));
}

/** Wait until something is true of what is shown. */
async function eventually(check: () => void): Promise<void> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    try {
      return check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      // What was loaded is drawn when a turn of the loop is over.
      await act(() => new Promise<void>((resolve) => setTimeout(resolve)));
    }
  }
}

function find(selector: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
}

function button(name: string): HTMLButtonElement {
  const found = [...root.querySelectorAll('button')].find(
    (each) => (each.getAttribute('aria-label') ?? each.textContent ?? '').trim() === name,
  );
  if (found === undefined) throw new Error(`no button ${name}`);
  return found;
}

const press = (name: string): Promise<void> => act(() => button(name).click());

function key(target: Element, name: string): Promise<void> {
  return act(() => void target.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true })));
}

const cells = (): string[][] =>
  [...root.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent ?? ''));

describe('a picture', () => {
  it('has its place before it is there, opens large, and gives the focus back', async () => {
    await open();
    backend.files.set('f1', 'png');
    await show('Look', { type: 'image', name: 'A cat', file: 'f1', mime: 'image/png', size: 'small' });
    expect(find('.jcs-picture-small')).toBeDefined();
    await eventually(() => expect(find('img').getAttribute('alt')).toBe('A cat'));
    await press('Open A cat');
    await eventually(() => expect(find('dialog').getAttribute('aria-label')).toBe('A cat'));
    await press('Zoom in');
    expect(find('dialog [role=status]').textContent).toBe('150 %');
    await key(find('dialog'), 'Escape');
    expect(root.querySelector('dialog')).toBeNull();
    expect(document.activeElement).toBe(button('Open A cat'));
  });

  it('that cannot be fetched says so, and is fetched again when that is wanted', async () => {
    await open();
    await show('Look', { type: 'image', name: 'A cat', file: 'f1', mime: 'image/png' });
    await eventually(() => expect(find('.jcs-picture [role=alert]').textContent).toContain('There is no such file here.'));
    backend.files.set('f1', 'png');
    await press('Retry');
    await eventually(() => expect(find('.jcs-picture img')).toBeDefined());
  });

  it('of another server is a link, unless the chat lets such be loaded', async () => {
    const cat = { type: 'image', name: 'A cat', url: 'https://cats.example/cat.png' };
    await open();
    await show('Look', cat);
    const link = find('.jcs-picture a') as HTMLAnchorElement;
    expect([link.href, link.rel, link.textContent]).toEqual([
      'https://cats.example/cat.png',
      'noopener noreferrer nofollow',
      'A catcats.example',
    ]);
    expect(root.querySelector('img')).toBeNull();
    app.leave();
    await open({ allowRemoteImages: true });
    await show('Look', cat);
    expect((find('.jcs-picture img') as HTMLImageElement).src).toBe('https://cats.example/cat.png');
  });

  it('in SVG never becomes an address that could run its scripts as this page’s', async () => {
    await open();
    backend.files.set('f1', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
    await show('Look', { type: 'image', name: 'A plan', file: 'f1', mime: 'image/svg+xml' });
    await eventually(() => expect((find('img') as HTMLImageElement).src).toMatch(/^data:image\/svg\+xml/));
    expect(made).toEqual([]);
  });

  it('leaves nothing behind when the chat goes', async () => {
    await open();
    backend.files.set('f1', 'png');
    await show('Look', { type: 'image', name: 'A cat', file: 'f1', mime: 'image/png' });
    await eventually(() => expect(find('img')).toBeDefined());
    await act(() => app.leave());
    expect(revoked).toEqual(['blob:chat/1']);
  });
});

describe('what is not to be loaded', () => {
  it.each(['javascript:alert(1)', 'vbscript:x', 'file:///etc/passwd', 'https://', '//'])('%s is no link', async (url) => {
    await open();
    await show('Look', { type: 'image', name: 'A', url }, { type: 'file', name: 'B', url }, { type: 'pdf', name: 'C', url });
    expect(root.querySelector('.jcs-elements :is(a, img, iframe)')).toBeNull();
  });

  it('of a name stays text', async () => {
    await open();
    const name = '<img src=x onerror=alert(1)>';
    const types = ['image', 'text', 'audio', 'video', 'file', 'custom', 'plotly', 'dataframe', 'display', 'hologram'];
    await show('Look', ...types.map((type) => ({ type, name })), { type: 'file', name, display: 'side' as const });
    expect(root.querySelector('.jcs-elements img')).toBeNull();
    expect(find('.jcs-elements').textContent).toContain(name);
  });
});

describe('a text', () => {
  it('is Markdown, made safe', async () => {
    await open();
    backend.files.set('f1', '**bold** <script>alert(1)</script>');
    await show('Read', { type: 'text', name: 'Notes', file: 'f1' });
    await eventually(() => expect(find('.jcs-text strong').textContent).toBe('bold'));
    expect(root.querySelector('script')).toBeNull();
    expect(find('section').getAttribute('aria-label')).toBe('Notes');
  });

  it('with a language is code', async () => {
    await open();
    backend.files.set('f1', 'x = "**y**"');
    await show('Read', { type: 'text', name: 'main.py', file: 'f1', language: 'python' });
    await eventually(() => expect(find('.jcs-text pre code').textContent).toBe('x = "**y**"'));
  });
});

describe('sound and film', () => {
  it('play in the browser’s own player, and by themselves only where the author says so', async () => {
    await open();
    backend.files.set('f1', 'mp3');
    backend.files.set('f2', 'mp4');
    await show(
      'Listen',
      { type: 'audio', name: 'A song', file: 'f1', mime: 'audio/mpeg', props: { autoPlay: true } },
      { type: 'video', name: 'A film', file: 'f2', mime: 'text/html' },
    );
    await eventually(() => expect(find('video')).toBeDefined());
    const [audio, video] = [find('audio') as HTMLAudioElement, find('video') as HTMLVideoElement];
    expect([audio.controls, audio.autoplay, video.controls, video.autoplay]).toEqual([true, true, true, false]);
    expect(made.map((blob) => blob.type)).toEqual(['audio/mpeg', 'video/mp4']);
  });

  it('that are large are fetched when somebody wants them', async () => {
    await open();
    const read = vi.spyOn(backend, 'readFile');
    await show('Watch', { type: 'video', name: 'A film', file: 'f1', bytes: 90_000_000 });
    expect(read).not.toHaveBeenCalled();
    backend.files.set('f1', 'mp4');
    await press('Load A film 90 MB');
    await eventually(() => expect(find('video')).toBeDefined());
  });
});

describe('a file', () => {
  it('is saved as what no browser runs, under a name without folders', async () => {
    await open();
    backend.files.set('f1', '<script>alert(1)</script>');
    const saved: [string, string][] = [];
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      saved.push([this.download, this.href]);
    });
    await show('Take it', { type: 'file', name: '../../a/page.html', file: 'f1', mime: 'text/html', bytes: 2300 });
    expect(find('.jcs-chip').textContent).toContain('2.3 kB');
    await act(() => find('.jcs-chip').click());
    await eventually(() => expect(saved).toEqual([['__.._a_page.html', 'blob:chat/1']]));
    expect(made.map((blob) => blob.type)).toEqual(['application/octet-stream']);
  });
});

describe('a data frame', () => {
  const frame = (more: object = {}): string =>
    JSON.stringify({
      columns: ['name', 'age'],
      index: [0, 1, 2],
      data: [['Bo', 9], ['<b>Al</b>', 30], ['Cy', null]],
      ...more,
    });

  it('is a table whose columns sort', async () => {
    await open();
    backend.files.set('f1', frame());
    await show('See', { type: 'dataframe', name: 'People', file: 'f1' });
    await eventually(() => expect(cells()).toEqual([['Bo', '9'], ['<b>Al</b>', '30'], ['Cy', '']]));
    const age = (): HTMLElement => find('thead th:nth-child(2)');
    expect(age().className).toBe('jcs-number');
    await press('age');
    expect([age().getAttribute('aria-sort'), cells().map(([name]) => name)]).toEqual(['ascending', ['Bo', '<b>Al</b>', 'Cy']]);
    await press('age');
    expect([age().getAttribute('aria-sort'), cells().map(([name]) => name)]).toEqual(['descending', ['<b>Al</b>', 'Bo', 'Cy']]);
    await press('age');
    expect([age().getAttribute('aria-sort'), cells()[0]]).toEqual(['none', ['Bo', '9']]);
  });

  it('of many rows comes in pages, and says how many there are', async () => {
    await open();
    const data = Array.from({ length: 60 }, (_, at) => [at]);
    backend.files.set('f1', frame({ columns: ['n'], index: data.map(([at]) => `row ${at}`), data }));
    await show('See', { type: 'dataframe', name: 'Much', file: 'f1', props: { rows: 1_000_000, shown: 60 } });
    await eventually(() => expect(cells()).toHaveLength(25));
    expect(find('.jcs-frame-foot').textContent).toContain('60 of 1,000,000 rows shown');
    expect(button('Previous').disabled).toBe(true);
    await press('Next');
    await press('Next');
    expect(cells().at(-1)).toEqual(['row 59', '59']);
    expect(button('Next').disabled).toBe(true);
    expect(find('tbody th').getAttribute('scope')).toBe('row');
  });

  it('that cannot be read can be saved', async () => {
    await open();
    backend.files.set('f1', '{"columns": 3}');
    await show('See', { type: 'dataframe', name: 'People', file: 'f1' });
    await eventually(() => expect(find('.jcs-frame').textContent).toContain('This table cannot be read.'));
    expect(find('.jcs-frame .jcs-chip')).toBeDefined();
  });
});

describe('what an object shows of itself', () => {
  async function display(data: Record<string, unknown>, rendermime?: unknown): Promise<void> {
    await open({}, rendermime);
    backend.files.set('f1', JSON.stringify({ data, metadata: {} }));
    await show('See', { type: 'display', name: 'it', file: 'f1' });
  }

  it('is the richest that can be shown', async () => {
    await display({ 'text/plain': 'plain', 'text/markdown': '**rich**' });
    await eventually(() => expect(find('.jcs-rich strong').textContent).toBe('rich'));
    expect(root.querySelector('.jcs-plain')).toBeNull();
  });

  it('in HTML stands in a frame where nothing runs, cleaned, with a policy that lets nothing be loaded', async () => {
    await display({
      'text/html': '<table><tr><td onclick="x()">1</td></tr></table><script>pwned()</script><img src="https://evil/x.png">',
      'text/plain': 'plain',
    });
    await eventually(() => expect(find('iframe').getAttribute('sandbox')).toBe(''));
    const written = (find('iframe') as HTMLIFrameElement).srcdoc;
    expect(written).toContain("default-src 'none'");
    expect(written).toContain('<td>1</td>');
    expect(written).not.toMatch(/script|onclick|evil/);
    expect(find('.jcs-html-twin').innerHTML).toBe('<table><tbody><tr><td>1</td></tr></tbody></table><img>');
  });

  it('in HTML keeps its styles, but none that a browser might fetch before it has read the policy', async () => {
    await display({ 'text/html': '<style>@import "https://evil/x.css"; td { color: red }</style><table><tr><td>1</td></tr></table>' });
    await eventually(() => expect(find('iframe').getAttribute('sandbox')).toBe(''));
    const written = (find('iframe') as HTMLIFrameElement).srcdoc;
    expect(written).toContain('td { color: red }');
    expect(written).not.toMatch(/@import|evil/);
  });

  it('as text has no signs of a terminal’s colours', async () => {
    await display({ 'text/plain': ['one\n', '\u001b[31m<b>two</b>\u001b[0m'] });
    await eventually(() => expect(find('.jcs-plain').textContent).toBe('one\n<b>two</b>'));
  });

  it('that is a live widget is shown by the front end that has it', async () => {
    const host = new Host();
    await display({ 'application/vnd.jupyter.widget-view+json': { model_id: 'w' }, 'text/plain': 'IntSlider()' }, host);
    await eventually(() => expect(find('.jcs-by-host').textContent).toBe('by the host'));
    expect(host.trusted).toEqual([true]);
    app.leave();
    expect(host.disposed).toBe(1);
  });

  it('that is a live widget says so where no front end has it', async () => {
    await display({ 'application/vnd.jupyter.widget-view+json': { model_id: 'w' }, 'text/plain': 'IntSlider()' });
    await eventually(() => expect(find('.jcs-rich').textContent).toBe('A live widget: it shows in the notebook.IntSlider()'));
  });

  it('that is a live widget says so where the front end has it no more', async () => {
    const host = new Host('Error displaying widget: model not found');
    await display({ 'application/vnd.jupyter.widget-view+json': { model_id: 'w' }, 'text/plain': 'IntSlider()' }, host);
    await eventually(() =>
      expect(find('.jcs-rich').textContent).toBe('This live widget is gone with the kernel that had it.IntSlider()'),
    );
    expect(host.disposed).toBe(1);
  });

  it('in HTML is never given to the front end, which would load pictures of other servers', async () => {
    const host = new Host();
    await display({ 'text/html': '<b>x</b>' }, host);
    await eventually(() => expect(find('iframe')).toBeDefined());
    expect(host.trusted).toEqual([]);
  });
});

/** What of JupyterLab's registry of renderers is used. */
class Host {
  readonly mimeTypes = ['text/html', 'application/vnd.jupyter.widget-view+json'];
  readonly trusted: boolean[] = [];
  disposed = 0;

  /** @param complaint - What it writes in the place of a widget, as JupyterLab does, if it cannot show it. */
  constructor(private readonly complaint?: string) {}

  getFactory(): { safe: boolean } {
    return { safe: true };
  }

  createModel({ trusted }: { trusted: boolean }): unknown {
    this.trusted.push(trusted);
    return {};
  }

  createRenderer(): unknown {
    const node = document.createElement('div');
    return {
      node,
      renderModel: () => {
        if (this.complaint === undefined) node.append(document.createElement('p'));
        else node.className = 'jupyter-widgets';
        node.append(this.complaint ?? 'by the host');
        return Promise.resolve();
      },
      dispose: () => void (this.disposed += 1),
    };
  }
}

describe('an element that opens beside the conversation', () => {
  const plan = { type: 'text', name: 'plan (v2)', file: 'f1', display: 'side' as const };

  it('is opened by its name in the text, and closed again', async () => {
    await open();
    backend.files.set('f1', 'step one');
    await show('See plan (v2), not `plan (v2)`, nor myplan (v2).', plan);
    const mentions = [...root.querySelectorAll('.jcs-mention')].map((each) => each.textContent);
    expect(mentions).toEqual(['plan (v2)']);
    expect(root.querySelector('.jcs-chips')).toBeNull();
    find('.jcs-mention').focus();
    await act(() => find('.jcs-mention').click());
    await eventually(() => expect(find('[role=complementary]').textContent).toContain('step one'));
    expect(document.activeElement).toBe(find('[role=complementary]'));
    await key(find('[role=complementary]'), 'Escape');
    expect(root.querySelector('[role=complementary]')).toBeNull();
    expect(document.activeElement).toBe(find('.jcs-mention'));
  });

  it.each(['a-b', '[x](y)', '$^', '<b>', 'a/b?', '\\d{2}', '-'])('may have any name, as %s', async (name) => {
    await open();
    await show(`See *it*.`, { ...plan, name });
    await press(`${name}Open`);
    await eventually(() => expect(find('[role=complementary]').getAttribute('aria-label')).toBe(name));
  });

  it('has a button where the text does not name it', async () => {
    await open();
    await show('See for yourself.', plan);
    await press('plan (v2)Open');
    await eventually(() => expect(find('[role=complementary]').getAttribute('aria-label')).toBe('plan (v2)'));
  });

  it('covers the conversation where there is no room beside it, or where it has a page to itself', async () => {
    width = 320;
    await open();
    await show('See', plan);
    await press('plan (v2)Open');
    await eventually(() => expect(find('[role=dialog]').getAttribute('aria-modal')).toBe('true'));
    expect(find('.jcs-log-frame').hasAttribute('inert')).toBe(true);
    await press('← Back');
    expect(root.querySelector('[role=dialog]')).toBeNull();
    expect(find('.jcs-log-frame').hasAttribute('inert')).toBe(false);
    width = 1000;
    await show('See', { ...plan, display: 'page' });
    await press('plan (v2)Open');
    await eventually(() => expect(find('[role=dialog]')).toBeDefined());
  });
});

describe('the sidebar', () => {
  const sidebar = (key: string | null, title = 'Sources'): Event => ({
    type: 'set_state',
    state: { sidebar: { title, key, elements: [{ id: 'a', type: 'custom', name: 'A source' }] } },
  });

  it('opens, stays closed once it was closed, can be had again, and opens anew with another key', async () => {
    await open();
    await happen(sidebar('one'));
    expect(find('[role=complementary]').textContent).toContain('A source');
    await press('Close Sources');
    await happen(sidebar('one', 'Sources again'));
    expect(root.querySelector('[role=complementary]')).toBeNull();
    await press('Show Sources again');
    expect(find('[role=complementary]')).toBeDefined();
    await press('Close Sources again');
    await happen(sidebar('two'));
    expect(find('[role=complementary]')).toBeDefined();
    await happen({ type: 'set_state', state: { sidebar: null } });
    expect(root.querySelector('[role=complementary]')).toBeNull();
    expect(find('.jcs').style.paddingRight).toBe('');
  });

  it('is made wider and narrower with the keyboard', async () => {
    await open();
    await happen(sidebar(null));
    const line = find('[role=separator]');
    const before = Number(line.getAttribute('aria-valuenow'));
    await key(line, 'ArrowLeft');
    expect(Number(line.getAttribute('aria-valuenow'))).toBe(before + 32);
    await key(line, 'Home');
    expect(find('.jcs').style.paddingRight).toBe('240px');
  });

  it('that is no sidebar at all changes nothing', async () => {
    await open();
    for (const state of [3, 'x', [], { elements: 'x' }, { elements: [3] }]) {
      await happen({ type: 'set_state', state: { sidebar: state } });
      expect(root.querySelector('[role=complementary]')).toBeNull();
    }
  });
});

describe('tasks', () => {
  const tasks: Event = {
    type: 'set_state',
    state: {
      tasks: {
        name: 'Plan',
        status: 'Working',
        tasks: [
          { title: 'Read <b>', status: 'done', forId: 'm' },
          { title: 'Think', status: 'running' },
          { title: 'Fail', status: 'failed' },
          { title: 'Write', status: 'ready' },
        ],
      },
    },
  };

  it('show how far each is, and fold into a line', async () => {
    await open();
    await happen(tasks);
    expect([...root.querySelectorAll('.jcs-task')].map((task) => task.textContent)).toEqual([
      'Read <b>Done',
      'ThinkUnder way',
      'FailFailed',
      'WriteTo do',
    ]);
    await act(() => find('.jcs-tasks .jcs-fold').click());
    expect(find('.jcs-tasks').textContent).toBe('Plan1 of 4 done · Working · Think');
  });

  it('lead to the messages that they are for', async () => {
    await open();
    await happen(put('m', 'Hello'), tasks);
    const scrolled = vi.fn();
    find('article').scrollIntoView = scrolled;
    await press('Read <b>');
    expect(scrolled).toHaveBeenCalled();
    expect(document.activeElement).toBe(find('article'));
  });

  it('that are none show nothing', async () => {
    await open();
    await happen({ type: 'set_state', state: { tasks: 'x' } });
    expect(root.querySelector('.jcs-tasks')).toBeNull();
  });
});

describe('what a viewer gave', () => {
  it('shows small: pictures as such, everything else as files', async () => {
    await open();
    backend.files.set('f1', 'png');
    const elements = [
      { id: 'a', type: 'image', name: 'cat.png', file: 'f1', mime: 'image/png', size: 'large' as const, display: 'side' as const },
      { id: 'b', type: 'text', name: 'notes.md', file: 'f2', bytes: 12 },
    ];
    await happen(put('m', 'Look', { type: 'user_message', elements }));
    expect(find('.jcs-given .jcs-picture-small')).toBeDefined();
    expect(find('.jcs-given .jcs-chip').textContent).toContain('notes.md');
  });
});

describe('signs', () => {
  it('of Lucide’s names stand beside the words, and unknown ones nowhere', async () => {
    await open();
    const action = (id: string, icon: string) => ({ id, name: id, label: `Do ${id}`, icon });
    await happen(
      put('m', 'Hello', { actions: [action('a', 'search'), action('b', 'FileText'), action('c', 'constructor'), action('d', '<svg>')] }),
      put('s', '', { type: 'tool', name: 'Look up', icon: 'globe', start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:00:01Z' }),
    );
    await eventually(() => expect(root.querySelectorAll('.jcs-sign')).toHaveLength(3));
    const labels = [...root.querySelectorAll('.jcs-action')].map((each) => each.textContent);
    expect(labels).toEqual(['Do a', 'Do b', 'Do c', 'Do d']);
    expect(find('.jcs-step .jcs-sign')).toBeDefined();
  });
});

describe('elements in a step', () => {
  it('show when it is unfolded', async () => {
    await open();
    await happen(put('s', '', { type: 'tool', name: 'Look up', elements: [{ id: 'a', type: 'custom', name: 'A thing' }] }));
    expect(root.querySelector('.jcs-element')).toBeNull();
    await act(() => find('.jcs-fold').click());
    expect(find('.jcs-step-body .jcs-element').textContent).toContain('A thing');
  });
});
