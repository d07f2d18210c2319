import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Attachments, limitsText, sizeText, whyNot } from '../src/attachments.js';
import type { Attachment } from '../src/attachments.js';
import { KernelBackend, Refused, ServerBackend } from '../src/backend.js';
import type { Giving, KernelPort } from '../src/backend.js';
import { FakeBackend } from './doubles.js';

const credentials = { session: 's', secret: 'canary-secret', threadId: 't' };
const any = {};

function file(name: string, content = 'content', type = 'text/plain'): File {
  return new File([content], name, { type });
}

/** Let what is waiting for an answer have it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe('attachments', () => {
  let backend: FakeBackend;
  let attachments: Attachments;
  let kept: readonly string[];

  beforeEach(() => {
    backend = new FakeBackend();
    kept = [];
    attachments = new Attachments({
      give: (content, giving) => backend.giveFile(credentials, content, giving),
      given: () => backend.givenFiles(),
      takeBack: (id) => backend.takeBackFile(credentials, id),
    });
    attachments.onChange = (here) => (kept = here);
  });
  afterEach(() => vi.useRealTimers());

  const [first, second] = [0, 1].map((index) => (): Attachment => {
    const item = attachments.of(null)[index];
    if (item === undefined) throw new Error('there is none');
    return item;
  }) as [() => Attachment, () => Attachment];

  it('are said when all of them are there, in the order in which they were chosen', async () => {
    attachments.add([file('a'), file('b')], any, null);
    expect(attachments.ready(null)).toBeNull();
    backend.giving[1]?.end();
    await settle();
    expect(attachments.ready(null)).toBeNull();
    backend.giving[0]?.end();
    await settle();
    const ids = attachments.ready(null);
    expect(ids).toEqual([`file-${first().key}`, `file-${second().key}`]);
    expect(kept).toEqual([first().key, second().key]);
    attachments.said(null);
    expect(attachments.of(null)).toEqual([]);
    expect(kept).toEqual([]);
  });

  it('go three at a time, and tell how far they have got', async () => {
    attachments.add([...'abcde'].map((name) => file(name)), any, null);
    expect(backend.giving).toHaveLength(3);
    backend.giving[0]?.giving.onProgress(4);
    expect(first().fate).toEqual({ kind: 'going', sent: 4 });
    backend.giving[0]?.end();
    await settle();
    expect(backend.giving).toHaveLength(4);
  });

  it('that are cancelled are cut, and taken back under the id that they were given under', async () => {
    attachments.add([file('a')], any, null);
    const { key } = first();
    attachments.remove(key);
    expect(backend.giving[0]?.giving.signal.aborted).toBe(true);
    await settle();
    expect(attachments.of(null)).toEqual([]);
    expect(attachments.ready(null)).toEqual([]);
    expect(backend.takenBack).toEqual([key]);
  });

  it('that fail say why, and are given again under the same id', async () => {
    attachments.add([file('a'), file('b')], any, null);
    backend.giving[0]?.end(new Error('network'));
    backend.giving[1]?.end(new Refused('too_large', 'The server has no room.'));
    await settle();
    expect(first().fate).toMatchObject({ kind: 'failed', text: 'The connection was lost before it was there.' });
    expect(second().fate).toMatchObject({ kind: 'failed', text: 'The server has no room.' });
    expect(attachments.ready(null)).toBeNull();
    attachments.retry(first().key);
    expect(backend.giving[2]?.giving.client).toBe(backend.giving[0]?.giving.client);
    backend.giving[2]?.end();
    attachments.remove(second().key);
    await settle();
    expect(attachments.ready(null)).toHaveLength(1);
  });

  it('of which nothing gets through for half a minute are cut', async () => {
    vi.useFakeTimers();
    attachments.add([file('a')], any, null);
    vi.advanceTimersByTime(29_000);
    backend.giving[0]?.giving.onProgress(1);
    vi.advanceTimersByTime(29_000);
    expect(first().fate.kind).toBe('going');
    vi.advanceTimersByTime(1_000);
    await settle();
    expect(first().fate.kind).toBe('failed');
  });

  it('for a question go when it closes, and those for a message stay', async () => {
    attachments.add([file('a')], any, null);
    attachments.add([file('b')], any, 'question');
    expect(backend.giving[1]?.giving.question).toBe('question');
    attachments.keepFor(new Set());
    await settle();
    expect(attachments.of('question')).toEqual([]);
    expect(attachments.of(null)).toHaveLength(1);
    expect(backend.giving[1]?.giving.signal.aborted).toBe(true);
  });

  it('come back after a reload where the hub still has them, each once', async () => {
    backend.given.push(
      { file: 'f1', name: 'a', mime: '', bytes: 1, questionId: null },
      { file: 'f2', name: 'of another tab', mime: '', bytes: 1, questionId: null },
      { file: 'f3', name: 'b', mime: '', bytes: 1, questionId: 'q', client: 'c3' },
    );
    await attachments.restore(['f1', 'c3', 'gone']);
    await attachments.restore(['f1']);
    expect(attachments.ready(null)).toEqual(['f1']);
    expect(attachments.ready('q')).toEqual(['f3']);
  });

  it('that the hub has lost can be given again, unless a reload has let go of them', async () => {
    backend.given.push({ file: 'f1', name: 'from before', mime: '', bytes: 1, questionId: null });
    await attachments.restore(['f1']);
    attachments.add([file('a')], any, null);
    backend.giving[0]?.end();
    await settle();
    backend.given = [];
    await attachments.check();
    const text = 'The server does not have it any more.';
    expect(first().fate).toEqual({ kind: 'failed', text, canRetry: false });
    expect(second().fate).toEqual({ kind: 'failed', text, canRetry: true });
    attachments.retry(second().key);
    expect(second().fate.kind).toBe('going');
  });

  it('that are not taken are told, and the others are', () => {
    attachments.add([file('a.exe'), file('b.csv'), file('c.csv')], { accept: ['.CSV'], maxFiles: 1 }, null);
    expect(attachments.notice).toBe('a.exe is not taken here: only .CSV.');
    expect(attachments.of(null).map(({ name }) => name)).toEqual(['b.csv']);
    attachments.remove(first().key);
    expect(attachments.notice).toBeNull();
  });
});

describe('what is taken', () => {
  it.each([
    [file('a', ''), {}, 0, 'a is empty, or a folder: there is nothing to send.'],
    [file('a', 'four'), { maxBytes: 3 }, 0, 'a has 4 B; at most 3 B are taken.'],
    [file('a'), { maxFiles: 2 }, 2, 'a is not attached: at most 2 files are taken at a time.'],
    [file('a'), { maxFiles: 1 }, 1, 'a is not attached: at most one file is taken at a time.'],
    [file('a.png', 'x', 'image/png'), { accept: ['image/*'] }, 0, null],
    [file('a.png', 'x', 'image/png'), { accept: ['text/plain', '.txt'] }, 0, 'a.png is not taken here: only text/plain, .txt.'],
    // Which type that is, the hub may know.
    [file('a.parquet', 'x', ''), { accept: ['application/vnd.apache.parquet'] }, 0, null],
  ])('is known before it is sent: %#', (given, allowed, count, text) => {
    expect(whyNot(given, allowed, count)).toBe(text);
  });

  it('is said in words', () => {
    expect(limitsText({ maxFiles: 1, accept: ['.csv'], maxBytes: 2 * 1024 * 1024 })).toBe('One file (.csv), at most 2 MB');
    expect(limitsText({})).toBe('Up to 20 files (any kind), each at most 100 MB');
    expect([1, 1023, 1024, 1536, 5_500_000].map(sizeText)).toEqual(['1 B', '1023 B', '1 kB', '1.5 kB', '5.25 MB']);
  });
});

function giving(changes: Partial<Giving> = {}): Giving {
  const signal = new AbortController().signal;
  return { client: 'c', name: 'Größe/½ 🙂.txt', mime: 'text/plain', question: null, signal, onProgress: () => undefined, ...changes };
}

describe('a file for the server', () => {
  class FakeRequest {
    static last: FakeRequest;
    readonly headers = new Map<string, string>();
    readonly upload: { onprogress?: (event: { loaded: number }) => void } = {};
    url = '';
    sent: unknown = null;
    status = 201;
    responseText = '{"file": "f", "name": "n", "mime": "m", "bytes": 1}';
    isAborted = false;
    onload: () => void = () => undefined;
    onerror: () => void = () => undefined;
    onabort: () => void = () => undefined;
    constructor() {
      FakeRequest.last = this;
    }
    open(method: string, url: string): void {
      this.url = `${method} ${url}`;
    }
    setRequestHeader(name: string, value: string): void {
      this.headers.set(name.toLowerCase(), value);
    }
    send(content: unknown): void {
      this.sent = content;
    }
    abort(): void {
      this.isAborted = true;
      this.onabort();
    }
  }

  beforeEach(() => {
    vi.stubGlobal('XMLHttpRequest', FakeRequest);
    document.cookie = '_xsrf=canary-xsrf';
  });
  afterEach(() => vi.unstubAllGlobals());

  it('is sent with its name and the secret in headers, and says how far it has got', async () => {
    const sent: number[] = [];
    const content = file('a');
    const question = 'q&evil=1';
    const given = new ServerBackend('/base/', 'tok').giveFile(
      credentials,
      content,
      giving({ question, onProgress: (count) => sent.push(count) }),
    );
    const request = FakeRequest.last;
    request.upload.onprogress?.({ loaded: 3 });
    request.onload();
    expect((await given).file).toBe('f');
    expect(sent).toEqual([3]);
    expect(request.sent).toBe(content);
    expect(request.url).toBe('POST /base/api/chat-sessions/sessions/s/files?client=c&question=q%26evil%3D1');
    expect(decodeURIComponent(request.headers.get('x-chat-file-name') ?? '')).toBe('Größe/½ 🙂.txt');
    expect(request.headers.get('x-chat-session-secret')).toBe('canary-secret');
    expect(request.headers.get('x-xsrftoken')).toBe('canary-xsrf');
    expect(request.headers.get('content-type')).toBe('text/plain');
  });

  it('that is refused is refused in the server’s words, and one that is cut is no refusal', async () => {
    const refused = new ServerBackend('/').giveFile(credentials, file('a'), giving());
    Object.assign(FakeRequest.last, { status: 413, responseText: '{"code": "too_large", "text": "Too large."}' });
    FakeRequest.last.onload();
    await expect(refused).rejects.toEqual(new Refused('too_large', 'Too large.'));
    const cut = new AbortController();
    const aborted = new ServerBackend('/').giveFile(credentials, file('a'), giving({ signal: cut.signal }));
    cut.abort();
    await expect(aborted).rejects.not.toBeInstanceOf(Refused);
    expect(FakeRequest.last.isAborted).toBe(true);
  });
});

describe('a file for the kernel', () => {
  it('is sent in pieces, one after the other', async () => {
    const pieces: string[] = [];
    const listeners = new Set<(content: unknown) => void>();
    const port: KernelPort = {
      on: (_, callback) => void listeners.add(callback),
      off: (_, callback) => void listeners.delete(callback),
      send: (content) => {
        const { kind, request, body } = content as { kind: string; request: string; body: { size?: number; data?: string } };
        if (kind === 'upload_piece') pieces.push(atob(body.data ?? ''));
        const isWhole = pieces.join('').length === 1_000_000;
        const answer = isWhole ? { file: 'f', name: 'n', mime: 'm', bytes: 1_000_000 } : kind === 'upload' ? { file: 'f' } : {};
        queueMicrotask(() => [...listeners].forEach((listener) => listener({ kind, request, status: 200, body: answer })));
      },
    };
    const sent: number[] = [];
    const content = file('a', 'x'.repeat(1_000_000));
    const given = await new KernelBackend(port).giveFile(credentials, content, giving({ onProgress: (count) => sent.push(count) }));
    expect(given.file).toBe('f');
    expect(pieces.length).toBeGreaterThan(1);
    expect(sent).toEqual([393_216, 786_432]);
    expect(listeners.size).toBe(0);
  });
});
