/** Where the hub is: behind the Jupyter server, or, where there is none, in the kernel. */

import { PROTOCOL_VERSION, wellFormed, writeFrames } from './frames.js';
import type { Begin, Step } from './frames.js';
import { newId } from './ids.js';
import { ServerThreads } from './threads.js';
import type { Threads } from './threads.js';

/** What opens a session; the secret is told once. */
export interface Credentials {
  readonly session: string;
  readonly secret: string;
  readonly threadId: string;
}

/** Which session is asked for. */
export interface Wanted {
  readonly threadId?: string;
  readonly chatProfile?: string;
}

/** A file that the hub was given, and that is not said yet. */
export interface Given {
  readonly file: string;
  readonly name: string;
  readonly mime: string;
  readonly bytes: number;
  readonly questionId?: string | null;
  /** The id that its viewer gave it. */
  readonly client?: string | null;
}

/** A file to give. */
export interface Giving {
  /** The viewer's own id for it: given again under it, it replaces what was given before. */
  readonly client: string;
  readonly name: string;
  readonly mime: string;
  /** The question that it answers; null for a message. */
  readonly question: string | null;
  readonly signal: AbortSignal;
  /** Called with how many bytes have left. */
  readonly onProgress: (sent: number) => void;
}

/** A request was refused, with a sentence for a person. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    text: string,
  ) {
    super(text);
  }
}

/** A connection that carries WebSocket messages. */
export interface Line {
  send(message: string): void;
  close(code: number, reason: string): void;
}

export interface LineListener {
  /** @param isWelcome The hub shows the session already: no hello is wanted. */
  onOpen(isWelcome?: boolean): void;
  onMessage(message: string): void;
  onClose(code: number): void;
}

export interface Backend {
  /** Conversations of before; null where nothing keeps any. */
  readonly threads: Threads | null;
  /** Make a session, of a new thread or one of before, with a chat profile or the default. Rejects with `Refused`, or another error when nobody could be reached. */
  createSession(channel: string, wanted?: Wanted): Promise<Credentials>;
  open(listener: LineListener, session: string): Line;
  /** Steps before one of them, oldest first. */
  stepsBefore(
    credentials: Credentials,
    before: string,
  ): Promise<{ readonly steps: readonly Step[]; readonly earlier: number }>;
  /** The content of an element. It may be anything that a browser would run: show it only as what the element says it is. */
  readFile(credentials: Credentials, file: string): Promise<Blob>;
  /** Give a file, to be said. Rejects with `Refused`, or another error when it did not get through. */
  giveFile(credentials: Credentials, content: Blob, giving: Giving): Promise<Given>;
  /** What was given and not said. */
  givenFiles(credentials: Credentials): Promise<readonly Given[]>;
  /** Take back what was given and not said, by its id or the viewer's own. */
  takeBackFile(credentials: Credentials, file: string): Promise<void>;
}

/** Bytes of a file in one message to the kernel. */
const PIECE_BYTES = 384 * 1024;
const MAX_NAME = 255;
/** How long a session that was begun waits to be opened. */
const UNWANTED_MS = 5000;

function isCredentials(value: unknown): value is Credentials {
  const record = value as Partial<Credentials> | null;
  return typeof record?.session === 'string' && typeof record.secret === 'string';
}

function isGiven(value: unknown): value is Given {
  const record = value as Partial<Given> | null;
  return typeof record?.file === 'string' && typeof record.name === 'string' && typeof record.bytes === 'number';
}

function listOfGiven(answer: unknown): readonly Given[] {
  const files = (answer as { files?: unknown } | null)?.files;
  return Array.isArray(files) ? files.filter(isGiven) : [];
}

function refusal(status: number, body: unknown): Refused {
  const record = body as { code?: unknown; text?: unknown } | null;
  if (typeof record?.text === 'string') return new Refused(String(record.code), record.text);
  return new Refused('internal', `The server answered ${status}. Is Jupyter Chat Sessions enabled there?`);
}

/** The hub behind the Jupyter server that this page came from. */
export class ServerBackend implements Backend {
  readonly threads: Threads = new ServerThreads((path, method) => this._request(path, { method }));

  /**
   * @param baseUrl The server's base URL, with a trailing slash.
   * @param token The token that the page was given, for requests by HTTP; never put into an address.
   */
  constructor(
    private readonly _baseUrl: string,
    private readonly _token = '',
  ) {}

  /** A new session is asked for on the line that it is then shown on; one of before, or where no line opens, by HTTP. */
  async createSession(channel: string, { threadId, ...wanted }: Wanted = {}): Promise<Credentials> {
    const begin = { channel, client: 'webapp', language: navigator.language || 'en-US', ...wanted };
    const begun = threadId === undefined ? await this._begin(begin) : null;
    if (begun !== null) return begun;
    const answer = await this._fetch('sessions', { method: 'POST', body: JSON.stringify({ ...begin, threadId }) });
    if (!isCredentials(answer)) throw new Refused('internal', 'The server sent no session.');
    return answer;
  }

  open(listener: LineListener, session: string): Line {
    const begun = this._begun;
    const isBegun = begun?.session === session && begun.socket.readyState === WebSocket.OPEN;
    if (isBegun) this._begun = null;
    else this._leave();
    const socket = isBegun ? begun.socket : this._dial();
    const onMessage = (message: MessageEvent<unknown>): void => listener.onMessage(String(message.data));
    if (isBegun) {
      queueMicrotask(() => {
        listener.onOpen(begun.early.length > 0);
        for (const message of begun.early) listener.onMessage(message);
        socket.onmessage = onMessage;
      });
    } else {
      socket.onopen = () => listener.onOpen();
      socket.onmessage = onMessage;
    }
    socket.onclose = (close) => listener.onClose(close.code);
    return {
      send: (message) => socket.send(message),
      close: (code, reason) => socket.close(code, reason),
    };
  }

  async stepsBefore(credentials: Credentials, before: string): Promise<{ steps: readonly Step[]; earlier: number }> {
    const path = `sessions/${credentials.session}/steps?before=${encodeURIComponent(before)}&limit=100`;
    const headers = { 'X-Chat-Session-Secret': credentials.secret };
    return (await this._fetch(path, { headers })) as { steps: readonly Step[]; earlier: number };
  }

  async readFile(credentials: Credentials, file: string): Promise<Blob> {
    const headers = { 'X-Chat-Session-Secret': credentials.secret };
    return (await this._request(`sessions/${credentials.session}/files/${encodeURIComponent(file)}`, { headers })).blob();
  }

  giveFile(credentials: Credentials, content: Blob, giving: Giving): Promise<Given> {
    const { client, name, mime, question, signal, onProgress } = giving;
    const query = new URLSearchParams(question === null ? { client } : { client, question });
    const headers = this._headers({
      'X-Chat-Session-Secret': credentials.secret,
      'X-Chat-File-Name': encodeURIComponent(wellFormed([...name].slice(-MAX_NAME).join(''))),
    });
    headers.set('Content-Type', mime || 'application/octet-stream');
    const request = new XMLHttpRequest(); // fetch does not tell how far it has got
    request.open('POST', `${this._baseUrl}api/chat-sessions/sessions/${credentials.session}/files?${query}`);
    headers.forEach((value, header) => request.setRequestHeader(header, value));
    return new Promise((resolve, reject) => {
      const isCut = (): void => reject(new Error('The file did not get through.'));
      signal.addEventListener('abort', () => request.abort());
      request.upload.onprogress = ({ loaded }) => onProgress(loaded);
      request.onerror = request.onabort = isCut;
      request.onload = () => {
        const body = readJson(request.responseText);
        if (request.status < 300 && isGiven(body)) resolve(body);
        else reject(refusal(request.status, body));
      };
      request.send(content);
    });
  }

  async givenFiles({ session, secret }: Credentials): Promise<readonly Given[]> {
    return listOfGiven(await this._fetch(`sessions/${session}/files`, { headers: { 'X-Chat-Session-Secret': secret } }));
  }

  async takeBackFile({ session, secret }: Credentials, file: string): Promise<void> {
    const headers = { 'X-Chat-Session-Secret': secret };
    await this._request(`sessions/${session}/files/${encodeURIComponent(file)}`, { method: 'DELETE', headers });
  }

  /** The line that a session was begun on, until it is opened, and what came on it. */
  private _begun: { readonly session: string; readonly socket: WebSocket; readonly early: readonly string[] } | null = null;

  /** Let go of a session that was begun and that nobody opens. */
  private _leave(): void {
    this._begun?.socket.close(1000, 'not wanted');
    this._begun = null;
  }

  private _dial(): WebSocket {
    const url = new URL(`${this._baseUrl}api/chat-sessions/viewer`, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    return new WebSocket(url);
  }

  /** Return a new session, or null where no line could be opened. */
  private _begin(wanted: Omit<Begin, 'type' | 'v'>): Promise<Credentials | null> {
    const socket = this._dial();
    return new Promise((resolve, reject) => {
      socket.onclose = () => resolve(null);
      socket.onopen = () => {
        socket.onclose = () => reject(new Error('The line was cut.'));
        socket.send(writeFrames([{ type: 'begin', v: PROTOCOL_VERSION, ...wanted }]));
      };
      socket.onmessage = (message: MessageEvent<unknown>) => {
        const [answer, ...more] = JSON.parse(String(message.data)) as unknown[];
        if (isCredentials(answer)) {
          const early = more.length > 0 ? [JSON.stringify(more)] : [];
          socket.onmessage = (next: MessageEvent<unknown>) => early.push(String(next.data));
          const begun = (this._begun = { session: answer.session, socket, early });
          setTimeout(() => this._begun === begun && this._leave(), UNWANTED_MS);
          resolve(answer);
          return;
        }
        const refused = answer as { type?: unknown; code?: unknown; text?: unknown };
        const code = refused.type === 'bye' ? 'forbidden' : String(refused.code);
        reject(new Refused(code, typeof refused.text === 'string' ? refused.text : 'The server sent no session.'));
        socket.close(1000, 'no session');
      };
    });
  }

  private async _fetch(path: string, init: RequestInit): Promise<unknown> {
    return (await this._request(path, init)).json().catch(() => null);
  }

  private _headers(given?: HeadersInit): Headers {
    const headers = new Headers(given);
    headers.set('Content-Type', 'application/json');
    const xsrf = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1];
    if (xsrf !== undefined) headers.set('X-XSRFToken', xsrf);
    if (this._token !== '') headers.set('Authorization', `token ${this._token}`);
    return headers;
  }

  private async _request(path: string, init: RequestInit): Promise<Response> {
    const headers = this._headers(init.headers);
    const url = `${this._baseUrl}api/chat-sessions/${path}`;
    const response = await fetch(url, { ...init, headers, credentials: 'same-origin' });
    if (!response.ok) throw refusal(response.status, await response.json().catch(() => null));
    return response;
  }
}

/** The part of a widget's model that the kernel's hub is reached through. */
export interface KernelPort {
  send(content: unknown): void;
  on(event: 'msg:custom', callback: (content: unknown) => void): void;
  off(event: 'msg:custom', callback: (content: unknown) => void): void;
}

interface KernelMessage {
  readonly kind?: unknown;
  readonly request?: unknown;
  readonly connection?: unknown;
  readonly status?: number;
  readonly body?: unknown;
  readonly data?: string;
  readonly code?: number;
}

/** The hub inside the kernel, for front ends that no Jupyter server with the extension serves. */
export class KernelBackend implements Backend {
  readonly threads = null;

  constructor(private readonly _port: KernelPort) {}

  async createSession(channel: string, { chatProfile }: Wanted = {}): Promise<Credentials> {
    const body = { channel, client: 'webapp', language: navigator.language || 'en-US', chatProfile };
    const answer = await this._ask('create', 'created', body);
    if (!isCredentials(answer)) throw new Refused('internal', 'The kernel sent no session.');
    return answer;
  }

  open(listener: LineListener): Line {
    const connection = newId();
    const onMessage = (content: unknown): void => {
      const message = content as KernelMessage;
      if (message.connection !== connection) return;
      if (message.kind === 'frames') listener.onMessage(String(message.data));
      if (message.kind === 'closed') {
        this._port.off('msg:custom', onMessage);
        listener.onClose(message.code ?? 1006);
      }
    };
    this._port.on('msg:custom', onMessage);
    this._port.send({ kind: 'open', connection });
    queueMicrotask(() => listener.onOpen());
    return {
      send: (data) => this._port.send({ kind: 'frames', connection, data }),
      close: (code) => {
        this._port.off('msg:custom', onMessage);
        this._port.send({ kind: 'close', connection });
        queueMicrotask(() => listener.onClose(code));
      },
    };
  }

  async stepsBefore(credentials: Credentials, before: string): Promise<{ steps: readonly Step[]; earlier: number }> {
    const { session, secret } = credentials;
    const answer = await this._ask('steps', 'steps', { session, secret, before });
    return answer as { steps: readonly Step[]; earlier: number };
  }

  /** Piece by piece: front ends take no message of any size. */
  async readFile({ session, secret }: Credentials, file: string): Promise<Blob> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let offset = 0;
    for (;;) {
      const answer = (await this._ask('file', 'file', { session, secret, file, offset })) as { data: string; isLast: boolean };
      const piece = Uint8Array.from(atob(answer.data), (letter) => letter.charCodeAt(0));
      pieces.push(piece);
      offset += piece.length;
      if (answer.isLast) return new Blob(pieces, { type: 'application/octet-stream' });
    }
  }

  async giveFile({ session, secret }: Credentials, content: Blob, giving: Giving): Promise<Given> {
    const { client, name, mime, question, signal, onProgress } = giving;
    const begun = { session, secret, name, mime, size: content.size, question, client };
    const { file } = (await this._ask('upload', 'upload', begun)) as { file: string };
    for (let offset = 0; offset < content.size; offset += PIECE_BYTES) {
      if (signal.aborted) break;
      const piece = new Uint8Array(await content.slice(offset, offset + PIECE_BYTES).arrayBuffer());
      const answer = await this._ask('upload_piece', 'upload_piece', { session, secret, file, data: base64(piece) });
      if (isGiven(answer)) return answer;
      onProgress(offset + piece.length);
    }
    throw new Error('The file did not get through.');
  }

  async givenFiles({ session, secret }: Credentials): Promise<readonly Given[]> {
    return listOfGiven(await this._ask('files', 'files', { session, secret }));
  }

  async takeBackFile({ session, secret }: Credentials, file: string): Promise<void> {
    await this._ask('remove_file', 'remove_file', { session, secret, file });
  }

  /** Send a request and wait for its own answer; every page hears all of them. */
  private _ask(kind: string, answered: string, body: unknown): Promise<unknown> {
    const request = newId();
    return new Promise((resolve, reject) => {
      const onMessage = (content: unknown): void => {
        const message = content as KernelMessage;
        if (message.kind !== answered || message.request !== request) return;
        this._port.off('msg:custom', onMessage);
        const status = message.status ?? 500;
        if (status < 300) resolve(message.body);
        else reject(refusal(status, message.body));
      };
      this._port.on('msg:custom', onMessage);
      this._port.send({ kind, request, body });
    });
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function base64(bytes: Uint8Array): string {
  let letters = '';
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters);
}
