import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { KernelBackend, Refused, ServerBackend } from '../src/backend.js';
import type { KernelPort } from '../src/backend.js';

const credentials = { session: 's', secret: 'canary-secret', threadId: 't' };

describe('a file behind the server', () => {
  const requests: { url: string; init: RequestInit }[] = [];
  let answer: () => Response = () => new Response();

  beforeEach(() => {
    requests.length = 0;
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      requests.push({ url, init });
      return Promise.resolve(answer());
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  it('is fetched with the secret in a header, never in an address', async () => {
    answer = () => new Response('content');
    const blob = await new ServerBackend('/base/', 'tok').readFile(credentials, 'a/../b');
    expect(await blob.text()).toBe('content');
    expect(requests[0]?.url).toBe('/base/api/chat-sessions/sessions/s/files/a%2F..%2Fb');
    expect(new Headers(requests[0]?.init.headers).get('X-Chat-Session-Secret')).toBe('canary-secret');
  });

  it('that is gone is refused in the server’s words', async () => {
    answer = () => Response.json({ code: 'unknown_file', text: 'There is no such file here.' }, { status: 404 });
    const refused = new ServerBackend('/').readFile(credentials, 'f');
    await expect(refused).rejects.toEqual(new Refused('unknown_file', 'There is no such file here.'));
  });
});

/** A kernel that answers each request as a test says. */
class AnsweringPort implements KernelPort {
  readonly asked: Record<string, unknown>[] = [];
  private readonly _listeners = new Set<(content: unknown) => void>();

  constructor(private readonly _answer: (kind: string, body: Record<string, unknown>) => { status: number; body: unknown }) {}

  send(content: unknown): void {
    const { kind, request, body } = content as { kind: string; request: string; body: Record<string, unknown> };
    this.asked.push({ kind, ...body });
    const answer = this._answer(kind, body);
    queueMicrotask(() => {
      for (const listener of [...this._listeners]) listener({ kind, request, ...answer });
    });
  }
  on(_: 'msg:custom', callback: (content: unknown) => void): void {
    this._listeners.add(callback);
  }
  off(_: 'msg:custom', callback: (content: unknown) => void): void {
    this._listeners.delete(callback);
  }
}

describe('a file in the kernel', () => {
  it('is fetched piece by piece', async () => {
    const content = 'Größe: ½ \u0000 end';
    const bytes = new TextEncoder().encode(content);
    const port = new AnsweringPort((_, { offset }) => {
      const piece = bytes.slice(Number(offset), Number(offset) + 5);
      const data = btoa(String.fromCharCode(...piece));
      return { status: 200, body: { data, isLast: Number(offset) + piece.length >= bytes.length } };
    });
    expect(await (await new KernelBackend(port).readFile(credentials, 'f')).text()).toBe(content);
    expect(port.asked.map(({ offset }) => offset)).toEqual([0, 5, 10, 15]);
    expect(port.asked[0]).toMatchObject({ kind: 'file', session: 's', secret: 'canary-secret', file: 'f' });
  });

  it('that is gone is refused in the kernel’s words', async () => {
    const port = new AnsweringPort(() => ({ status: 404, body: { code: 'unknown_file', text: 'There is no such file here.' } }));
    const refused = new KernelBackend(port).readFile(credentials, 'f');
    await expect(refused).rejects.toEqual(new Refused('unknown_file', 'There is no such file here.'));
  });
});
