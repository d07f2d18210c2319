import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { KernelBackend, Refused, ServerBackend } from '../src/backend.js';
import type { KernelPort } from '../src/backend.js';
import { TabStorage, tabKeep } from '../src/storage.js';
import { FakeKeep } from './doubles.js';

const nothing = { onOpen: () => undefined, onMessage: () => undefined, onClose: () => undefined };

/** A browser's socket that a test opens, answers on, and cuts. */
class FakeSocket {
  static readonly OPEN = 1;
  static readonly all: FakeSocket[] = [];
  readonly url: string;
  readonly sent: unknown[] = [];
  readyState = 0;
  onopen: () => void = () => undefined;
  onmessage: (message: { data: string }) => void = () => undefined;
  onclose: (close: { code: number }) => void = () => undefined;

  constructor(url: URL) {
    this.url = String(url);
    FakeSocket.all.push(this);
  }

  send(message: string): void {
    this.sent.push(...(JSON.parse(message) as unknown[]));
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen();
  }

  arrive(...frames: unknown[]): void {
    this.onmessage({ data: JSON.stringify(frames) });
  }

  cut(): void {
    this.readyState = 3;
    this.onclose({ code: 1006 });
  }
}

describe('the server', () => {
  const requests: { url: string; init: RequestInit }[] = [];
  let answer: () => Response = () => new Response('{}');

  beforeEach(() => {
    requests.length = 0;
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      requests.push({ url, init });
      return Promise.resolve(answer());
    });
    FakeSocket.all.length = 0;
    vi.stubGlobal('WebSocket', FakeSocket);
    document.cookie = '_xsrf=canary-xsrf';
  });
  afterEach(() => vi.unstubAllGlobals());

  it('is asked for a session on the line that the session is then shown on', async () => {
    const backend = new ServerBackend('/base/', 'canary-token');
    const made = backend.createSession('demo');
    const [socket] = FakeSocket.all;
    expect(socket?.url).toMatch(/^wss?:\/\/.*\/base\/api\/chat-sessions\/viewer$/);
    socket?.open();
    expect(socket?.sent).toMatchObject([{ type: 'begin', v: 1, channel: 'demo' }]);
    socket?.arrive({ type: 'begun', session: 's', secret: 'x', threadId: 't' }, { type: 'welcome' });
    expect(await made).toMatchObject({ session: 's', secret: 'x' });
    const opened: boolean[] = [];
    const heard: string[] = [];
    const listener = {
      ...nothing,
      onOpen: (isWelcome = false) => opened.push(isWelcome),
      onMessage: (message: string) => heard.push(message),
    };
    socket?.arrive({ type: 'heartbeat' });
    const line = backend.open(listener, 's');
    await Promise.resolve();
    expect(opened).toEqual([true]);
    line.send('[{"type":"stop"}]');
    socket?.arrive({ type: 'pong' });
    expect(socket?.sent.at(-1)).toEqual({ type: 'stop' });
    expect(heard).toEqual(['[{"type":"welcome"}]', '[{"type":"heartbeat"}]', '[{"type":"pong"}]']);
    expect(FakeSocket.all).toHaveLength(1);
    expect(requests).toEqual([]);
    backend.open(nothing, 's');
    expect(FakeSocket.all).toHaveLength(2);
  });

  it('shows another session on a line of its own, and lets go of the one that was begun', async () => {
    const backend = new ServerBackend('/');
    const made = backend.createSession('demo');
    const [socket] = FakeSocket.all;
    socket?.open();
    socket?.arrive({ type: 'begun', session: 's', secret: 'x', threadId: 't' }, { type: 'welcome' });
    await made;
    backend.open(nothing, 'another');
    expect(FakeSocket.all).toHaveLength(2);
    expect(socket?.readyState).toBe(3);
  });

  it('lets go of a session that was begun and that nobody opens', async () => {
    vi.useFakeTimers();
    const made = new ServerBackend('/').createSession('demo');
    const [socket] = FakeSocket.all;
    socket?.open();
    socket?.arrive({ type: 'begun', session: 's', secret: 'x', threadId: 't' }, { type: 'welcome' });
    await made;
    expect(socket?.readyState).toBe(1);
    vi.advanceTimersByTime(5000);
    expect(socket?.readyState).toBe(3);
    vi.useRealTimers();
  });

  it('is dialled anew where that line was cut meanwhile', async () => {
    const backend = new ServerBackend('/');
    const made = backend.createSession('demo');
    const [socket] = FakeSocket.all;
    socket?.open();
    socket?.arrive({ type: 'begun', session: 's', secret: 'x', threadId: 't' });
    await made;
    socket?.cut();
    backend.open(nothing, 's');
    expect(FakeSocket.all).toHaveLength(2);
  });

  it('says on the line why it refuses, or that one is not let in, and the line is closed', async () => {
    for (const [answer, code] of [
      [{ type: 'error', code: 'unknown_channel', text: 'No such chat.' }, 'unknown_channel'],
      [{ type: 'bye', code: 4403, text: 'No such chat.' }, 'forbidden'],
    ] as const) {
      FakeSocket.all.length = 0;
      const made = new ServerBackend('/').createSession('demo');
      const [socket] = FakeSocket.all;
      socket?.open();
      socket?.arrive(answer);
      await expect(made).rejects.toEqual(new Refused(code, 'No such chat.'));
      expect(socket?.readyState).toBe(3);
    }
  });

  it('that cuts the line before it has answered may be asked again', async () => {
    const made = new ServerBackend('/').createSession('demo');
    FakeSocket.all[0]?.open();
    FakeSocket.all[0]?.cut();
    await expect(made).rejects.not.toBeInstanceOf(Refused);
  });

  it('is asked for a session by HTTP where no line opens, with the cookie’s XSRF token, as JSON', async () => {
    answer = () => Response.json({ session: 's', secret: 'x', threadId: 't' }, { status: 201 });
    const asked = new ServerBackend('/user/alice/', 'tok').createSession('demo');
    FakeSocket.all[0]?.cut();
    const made = await asked;
    expect(made).toEqual({ session: 's', secret: 'x', threadId: 't' });
    const headers = new Headers(requests[0]?.init.headers);
    expect(requests[0]?.url).toBe('/user/alice/api/chat-sessions/sessions');
    expect(headers.get('X-XSRFToken')).toBe('canary-xsrf');
    expect(headers.get('Content-Type')).toBe('application/json');
    expect(headers.get('Authorization')).toBe('token tok');
  });

  it('says why it refuses', async () => {
    answer = () => Response.json({ code: 'unknown_channel', text: 'No such chat.' }, { status: 404 });
    const asked = new ServerBackend('/').createSession('demo', { threadId: 'thread' });
    await expect(asked).rejects.toEqual(new Refused('unknown_channel', 'No such chat.'));
    answer = () => new Response('<html>proxy error</html>', { status: 502 });
    await expect(new ServerBackend('/').createSession('demo', { threadId: 'thread' })).rejects.toThrow('502');
  });

  it('is told the secret in a header, never in an address', async () => {
    answer = () => Response.json({ steps: [], earlier: 0 });
    await new ServerBackend('/').stepsBefore({ session: 's', secret: 'canary-secret', threadId: 't' }, 'step');
    expect(requests[0]?.url).not.toContain('canary-secret');
    expect(new Headers(requests[0]?.init.headers).get('X-Chat-Session-Secret')).toBe('canary-secret');
  });

  it('is dialled on its own address without a token', () => {
    new ServerBackend('/base/', 'canary-token').open(nothing, 's');
    expect(FakeSocket.all.map(({ url }) => url.replace(/^.*(?=\/base)/, ''))).toEqual(['/base/api/chat-sessions/viewer']);
  });
});

describe('the kernel', () => {
  class Port implements KernelPort {
    readonly sent: Record<string, unknown>[] = [];
    private readonly _listeners = new Set<(content: unknown) => void>();
    send(content: unknown): void {
      this.sent.push(content as Record<string, unknown>);
    }
    on(_: 'msg:custom', callback: (content: unknown) => void): void {
      this._listeners.add(callback);
    }
    off(_: 'msg:custom', callback: (content: unknown) => void): void {
      this._listeners.delete(callback);
    }
    arrive(content: unknown): void {
      for (const listener of [...this._listeners]) listener(content);
    }
    get listeners(): number {
      return this._listeners.size;
    }
  }

  it('makes a session, and hears only the answer to its own request', async () => {
    const port = new Port();
    const asked = new KernelBackend(port).createSession('demo');
    const request = port.sent[0]?.['request'];
    port.arrive({ kind: 'created', request: 'another page’s', status: 201, body: { session: 'no', secret: 'no' } });
    port.arrive({ kind: 'created', request, status: 201, body: { session: 's', secret: 'x', threadId: 't' } });
    expect((await asked).session).toBe('s');
    expect(port.listeners).toBe(0);
  });

  it('fetches older steps, with the secret of its session', async () => {
    const port = new Port();
    const credentials = { session: 's', secret: 'x', threadId: 't' };
    const asked = new KernelBackend(port).stepsBefore(credentials, 'b');
    expect(port.sent[0]).toMatchObject({ kind: 'steps', body: { session: 's', secret: 'x', before: 'b' } });
    const request = port.sent[0]?.['request'];
    port.arrive({ kind: 'steps', request, status: 200, body: { steps: [], earlier: 3 } });
    expect(await asked).toEqual({ steps: [], earlier: 3 });
    const refused = new KernelBackend(port).stepsBefore(credentials, 'b');
    const text = 'There is no such conversation.';
    const answer = { kind: 'steps', request: port.sent[1]?.['request'], status: 404 };
    port.arrive({ ...answer, body: { code: 'unknown_session', text } });
    await expect(refused).rejects.toThrow(text);
    expect(port.listeners).toBe(0);
  });

  it('carries frames of its own connection only, though every page hears all', () => {
    const port = new Port();
    const heard: string[] = [];
    const line = new KernelBackend(port).open({ ...nothing, onMessage: (message) => heard.push(message) });
    const connection = port.sent[0]?.['connection'];
    line.send('[1]');
    expect(port.sent.at(-1)).toEqual({ kind: 'frames', connection, data: '[1]' });
    port.arrive({ kind: 'frames', connection: 'another page’s', data: '["private"]' });
    port.arrive({ kind: 'frames', connection, data: '["mine"]' });
    expect(heard).toEqual(['["mine"]']);
    line.close(1000, 'left');
    expect(port.listeners).toBe(0);
  });
});

describe('the storage of a tab', () => {
  it('keeps channels and servers apart', () => {
    const keep = new FakeKeep();
    new TabStorage(keep, '/ a').credentials = { session: 's', secret: 'x', threadId: 't' };
    expect(new TabStorage(keep, '/ a').credentials?.session).toBe('s');
    expect(new TabStorage(keep, '/ b').credentials).toBeNull();
  });

  it('lasts as long as the page where the browser forbids it', () => {
    const allowed = Object.getOwnPropertyDescriptor(globalThis, 'sessionStorage');
    Object.defineProperty(globalThis, 'sessionStorage', {
      configurable: true,
      get: () => {
        throw new DOMException('forbidden', 'SecurityError');
      },
    });
    try {
      const storage = new TabStorage(tabKeep(), '/');
      storage.credentials = { session: 's', secret: 'x', threadId: 't' };
      expect(storage.credentials.session).toBe('s');
      storage.credentials = null;
      expect(storage.credentials).toBeNull();
    } finally {
      if (allowed !== undefined) Object.defineProperty(globalThis, 'sessionStorage', allowed);
    }
  });

  it('writes only what it does not hold already', () => {
    const keep = new FakeKeep();
    const [written, removed] = [vi.spyOn(keep, 'setItem'), vi.spyOn(keep, 'removeItem')];
    const storage = new TabStorage(keep, '/');
    storage.keepUnconfirmed([]);
    expect(removed).not.toHaveBeenCalled();
    storage.draft = 'words';
    storage.draft = 'words';
    expect(written).toHaveBeenCalledTimes(1);
    new TabStorage(keep, '/').draft = ''; // another view of the same chat in this tab
    storage.draft = 'words';
    expect(storage.draft).toBe('words');
  });

  it('takes what it cannot read for nothing, and lives with a storage that is full', () => {
    const keep = new FakeKeep();
    keep.setItem('jupyter-chat-sessions outbox /', 'no json');
    keep.setItem('jupyter-chat-sessions /', '{');
    const full: typeof keep.setItem = () => {
      throw new Error('full');
    };
    const storage = new TabStorage(Object.assign(keep, { setItem: full }), '/');
    expect(storage.credentials).toBeNull();
    expect(storage.unconfirmed).toEqual([]);
    expect(() => (storage.credentials = { session: 's', secret: 'x', threadId: 't' })).not.toThrow();
  });
});
