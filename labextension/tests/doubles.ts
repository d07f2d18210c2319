/** Small real stand-ins: a hub that a test scripts, a clock that a test moves, a storage. */

import { Refused } from '../src/backend.js';
import type { Backend, Credentials, Given, Giving, Line, LineListener, Wanted } from '../src/backend.js';
import type { Event, HubFrame, Snapshot, Step, ViewerFrame, Welcome } from '../src/frames.js';
import type { Keep } from '../src/storage.js';
import type { ExportFormat, Thread, Threads } from '../src/threads.js';
import type { Timers } from '../src/connection.js';

export class FakeLine implements Line {
  readonly sent: ViewerFrame[] = [];
  closed: number | null = null;

  constructor(readonly listener: LineListener) {}

  send(message: string): void {
    this.sent.push(...(JSON.parse(message) as ViewerFrame[]));
  }

  close(code: number): void {
    this.closed = code;
  }

  /** Let frames of the hub arrive. */
  arrive(...frames: HubFrame[]): void {
    this.listener.onMessage(JSON.stringify(frames));
  }

  /** Cut the line. */
  cut(code = 1006): void {
    this.listener.onClose(code);
  }
}

export class FakeBackend implements Backend {
  readonly lines: FakeLine[] = [];
  readonly created: string[] = [];
  /** What the next requests are refused with. */
  readonly refusals: Error[] = [];
  older: readonly Step[] = [];
  threads: Threads | null = null;
  /** The threads that sessions were asked for. */
  readonly resumed: string[] = [];
  /** The chat profiles that sessions were asked for with. */
  readonly profiles: (string | undefined)[] = [];

  createSession(channel: string, { threadId, chatProfile }: Wanted = {}): Promise<Credentials> {
    this.created.push(channel);
    this.profiles.push(chatProfile);
    if (threadId !== undefined) this.resumed.push(threadId);
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return Promise.reject(refusal);
    const number = this.created.length;
    return Promise.resolve({ session: `session-${number}`, secret: `secret-${number}`, threadId: `thread-${number}` });
  }

  open(listener: LineListener): Line {
    const line = new FakeLine(listener);
    this.lines.push(line);
    return line;
  }

  stepsBefore(): Promise<{ steps: readonly Step[]; earlier: number }> {
    const refusal = this.refusals.shift();
    return refusal === undefined ? Promise.resolve({ steps: this.older, earlier: 0 }) : Promise.reject(refusal);
  }

  /** What is kept of files, by id. */
  readonly files = new Map<string, string>();

  readFile(_: Credentials, file: string): Promise<Blob> {
    const content = this.files.get(file);
    if (content !== undefined) return Promise.resolve(new Blob([content]));
    return Promise.reject(new Refused('unknown_file', 'There is no such file here.'));
  }

  /** What was given and not said. */
  given: Given[] = [];
  /** Uploads under way, to be ended by a test. */
  readonly giving: { readonly giving: Giving; readonly end: (outcome?: Error) => void }[] = [];

  giveFile(_: Credentials, content: Blob, giving: Giving): Promise<Given> {
    return new Promise((resolve, reject) => {
      giving.signal.addEventListener('abort', () => reject(new Error('cut')));
      const { client, name, mime, question: questionId } = giving;
      const given = { file: `file-${client}`, name, mime, bytes: content.size, questionId, client };
      const end = (outcome?: Error): void => {
        if (outcome !== undefined) return reject(outcome);
        this.given.push(given);
        resolve(given);
      };
      this.giving.push({ giving, end });
    });
  }

  givenFiles(): Promise<readonly Given[]> {
    return Promise.resolve(this.given);
  }

  takeBackFile(_: Credentials, file: string): Promise<void> {
    this.takenBack.push(file);
    return Promise.resolve();
  }

  readonly takenBack: string[] = [];

  get line(): FakeLine {
    const line = this.lines.at(-1);
    if (line === undefined) throw new Error('nobody has dialled');
    return line;
  }
}

/** Keeps conversations of before in memory. */
export class FakeThreads implements Threads {
  readonly exported: string[] = [];
  /** What the next requests are refused with. */
  readonly refusals: Error[] = [];

  constructor(public kept: readonly Thread[] = []) {}

  list(): Promise<readonly Thread[]> {
    return this._answer(() => this.kept);
  }

  remove(thread: string): Promise<void> {
    return this._answer(() => {
      this.kept = this.kept.filter((other) => other.thread !== thread);
    });
  }

  export(thread: string, format: ExportFormat): Promise<Blob> {
    return this._answer(() => {
      this.exported.push(`${thread} ${format}`);
      return new Blob([thread]);
    });
  }

  private _answer<Result>(answer: () => Result): Promise<Result> {
    const refusal = this.refusals.shift();
    return refusal === undefined ? Promise.resolve(answer()) : Promise.reject(refusal);
  }
}

export function thread(id: string, name: string): Thread {
  return { thread: id, name, createdAt: '2026-03-01T10:00:00Z', updatedAt: '2026-03-02T11:00:00Z' };
}

export const absent = (): Refused => new Refused('unknown_channel', 'No notebook has opened this chat.');

export class FakeClock implements Timers {
  private _now = 0;
  private _next = 1;
  private readonly _timers = new Map<number, { readonly at: number; readonly callback: () => void }>();

  readonly set = (callback: () => void, delayMs: number): unknown => {
    const id = this._next++;
    this._timers.set(id, { at: this._now + delayMs, callback });
    return id;
  };
  readonly clear = (timer: unknown): void => void this._timers.delete(timer as number);
  readonly now = (): number => this._now;
  readonly random = (): number => 1;

  /** Let time pass, and what is due happen in order. */
  pass(durationMs: number): void {
    const end = this._now + durationMs;
    for (;;) {
      const due = [...this._timers].filter(([, timer]) => timer.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      this._timers.delete(due[0]);
      this._now = due[1].at;
      due[1].callback();
    }
    this._now = end;
  }
}

export class FakeKeep implements Keep {
  readonly items = new Map<string, string>();
  isFull = false;

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.isFull) throw new DOMException('full', 'QuotaExceededError');
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }
}

export function welcome(changes: Partial<Welcome> = {}): Welcome {
  return {
    type: 'welcome',
    v: 1,
    session: 'session-1',
    threadId: 'thread-1',
    epoch: 'e1',
    seq: 0,
    resumed: false,
    snapshot: { state: { host: 'connected', started: true } },
    channel: { name: 'demo', title: 'Demo' },
    user: { identifier: 'alice' },
    ...changes,
  };
}

export function resumed(seq: number): Welcome {
  const { snapshot: _, ...rest } = welcome({ seq });
  return { ...rest, resumed: true };
}

export function event(seq: number, change: Event): HubFrame {
  return { type: 'event', seq, event: change };
}

export function put(id: string, output: string, more: Partial<Step> = {}): Event {
  return { type: 'put_step', step: { id, type: 'assistant_message', name: 'Assistant', output, ...more } };
}

export function snapshot(...steps: Step[]): Snapshot {
  return { steps, state: { host: 'connected', started: true } };
}
