/**
 * Keeps one viewer joined to its session: dials, says hello, reconnects, tells a quiet line from a dead one.
 * Knows no UI; whoever shows it subscribes to `onChange`. Time and chance are given.
 */

import { Refused } from './backend.js';
import type { Backend, Credentials, Line } from './backend.js';
import { waitBeforeTry } from './backoff.js';
import type { Conversation } from './conversation.js';
import { readFrames, wellFormed, writeFrames } from './frames.js';
import type { Command, ErrorFrame, ViewerFrame, Welcome } from './frames.js';
import { newId } from './ids.js';
import type { TabStorage } from './storage.js';
import { Viewing } from './viewing.js';

export type ConnectionStatus =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'reconnecting' }
  | { readonly kind: 'absent'; readonly text: string }
  | { readonly kind: 'ended'; readonly text: string; readonly canBegin: boolean };

/** Something that was said and turned down; its text is kept so that it can be sent again. */
export interface Failed {
  readonly command: Command;
  readonly error: ErrorFrame;
}

export interface Timers {
  readonly set: (callback: () => void, delayMs: number) => unknown;
  readonly clear: (timer: unknown) => void;
  readonly now: () => number;
  readonly random: () => number;
}

export const browserTimers: Timers = {
  set: (callback, delayMs) => setTimeout(callback, delayMs),
  clear: (timer) => clearTimeout(timer as number),
  now: () => Date.now(),
  random: () => Math.random(),
};

const SILENCE_MS = 40_000;
const PROBE_MS = 3_000;
const PEACE_MS = 30_000;
const SEEN_MS = 1_000;
const GAP = 4010;
/** Close codes below these are worth another try; what the hub wants to end, it announces with `bye`. */
const TERMINAL = (code: number): boolean => code >= 4400 && code !== 4408;

export class Connection {
  status: ConnectionStatus = { kind: 'connecting' };
  readonly failed: Failed[] = [];
  /** Called after anything that can be seen has changed. */
  onChange: () => void = () => undefined;
  /** Called with the session's id when this viewer shows another session. */
  onSession: (session: string) => void = () => undefined;
  /** When the time of open questions was last told, in milliseconds of `timers.now`. */
  welcomedAt = 0;

  constructor(
    private readonly _backend: Backend,
    private readonly _channel: string,
    private readonly _storage: TabStorage,
    private readonly _timers: Timers = browserTimers,
  ) {}

  get conversation(): Conversation | null {
    return this._viewing?.welcome == null ? null : this._viewing.conversation;
  }

  get welcome(): Welcome | null {
    return this._viewing?.welcome ?? null;
  }

  get session(): string | null {
    return this._viewing?.session ?? null;
  }

  /** What was said and is not confirmed yet. */
  get pending(): readonly Command[] {
    return this._viewing?.unconfirmed ?? [];
  }

  /** Show the session that this tab had, or begin one. */
  start(): void {
    this._isStopped = false;
    const credentials = this._storage.credentials;
    if (credentials === null) void this._begin();
    else {
      this._isReturning = true;
      this._show(credentials, this._storage.unconfirmed);
      this._dial();
    }
  }

  /** Leave; the session goes on. */
  stop(): void {
    this._isStopped = true;
    this._clearTimers();
    this._line?.close(1000, 'left');
    this._line = null;
  }

  say(written: string, clientId: string = newId()): void {
    const text = wellFormed(written);
    const question = this._viewing?.conversation.questions[0];
    this._command(
      question === undefined
        ? { type: 'message', clientId, text }
        : { type: 'answer', clientId, questionId: question.id, text },
    );
  }

  giveEnv(values: Readonly<Record<string, string>>): void {
    const written = Object.entries(values).map(([name, value]) => [name, wellFormed(value)] as const);
    this._command({ type: 'env', clientId: newId(), values: Object.fromEntries(written) });
  }

  stopRun(): void {
    this._send([{ type: 'stop' }]);
  }

  /** Send something again that was turned down. */
  retry(failed: Failed): void {
    this.dismiss(failed);
    if (failed.command.type === 'message' || failed.command.type === 'answer') this.say(failed.command.text);
  }

  dismiss(failed: Failed): void {
    const place = this.failed.indexOf(failed);
    if (place >= 0) this.failed.splice(place, 1);
    this.onChange();
  }

  /** End this session and begin another. What an ended session did not take can still be sent in the new one. */
  newChat(): void {
    if (this._isBeginning) return;
    if (this.status.kind !== 'ended') this.failed.length = 0;
    this._send([{ type: 'end' }]);
    const line = this._line;
    this._line = null;
    this._clearTimers();
    line?.close(1000, 'new chat');
    this._storage.credentials = null;
    this._storage.unconfirmed = [];
    this._viewing = null;
    this._tries = 0;
    void this._begin();
  }

  /** Fetch older steps. */
  async showEarlier(): Promise<void> {
    const conversation = this._viewing?.conversation;
    const first = conversation?.steps[0];
    const credentials = this._credentials;
    if (conversation === undefined || first === undefined || credentials === null) return;
    const { steps, earlier } = await this._backend.stepsBefore(credentials, first.id);
    // A snapshot or a new chat may have come in the meantime.
    if (conversation !== this._viewing?.conversation) return;
    conversation.prepend(steps, earlier);
    this.onChange();
  }

  /** The page is seen again, or the network is back: make sure that the line still lives. */
  probe(): void {
    if (this._line === null) {
      if (this._retryTimer !== null) this._dial();
      return;
    }
    if (this.status.kind !== 'connected') return;
    this._send([{ type: 'ping' }]);
    this._watch(PROBE_MS);
  }

  private _viewing: Viewing | null = null;
  private _credentials: Credentials | null = null;
  private _line: Line | null = null;
  private _tries = 0;
  private _isStopped = false;
  /** The session comes from before a reload: if it is gone, a new one begins without a word. */
  private _isReturning = false;
  /** A session is being made; a second one would greet nobody. */
  private _isBeginning = false;
  private _retryTimer: unknown = null;
  private _silenceTimer: unknown = null;
  private _peaceTimer: unknown = null;
  private _seenTimer: unknown = null;
  private _laterTimer: unknown = null;
  private _seen = 0;

  private _show(credentials: Credentials, unconfirmed: readonly Command[]): void {
    this._credentials = credentials;
    this._viewing = new Viewing(credentials.session, credentials.secret, unconfirmed);
    this.onSession(credentials.session);
  }

  private async _begin(): Promise<void> {
    this._isBeginning = true;
    // One more try is no news: the status would flicker.
    const isRetry = this.status.kind === 'absent' || this.status.kind === 'reconnecting';
    this._setStatus(isRetry ? this.status : { kind: 'connecting' });
    let credentials: Credentials;
    try {
      credentials = await this._backend.createSession(this._channel);
    } catch (error) {
      this._isBeginning = false;
      if (this._isStopped) return;
      const isAbsent = error instanceof Refused && error.code === 'unknown_channel';
      const isFinal = error instanceof Refused && error.code === 'forbidden';
      const text = error instanceof Error ? error.message : String(error);
      if (isFinal) return this._setStatus({ kind: 'ended', text, canBegin: false });
      this._setStatus(isAbsent ? { kind: 'absent', text } : { kind: 'reconnecting' });
      this._again(() => void this._begin());
      return;
    }
    this._isBeginning = false;
    // Also when the page has left by now: if it comes back, this session is there, and not a second one.
    if (!this._isStopped || this._storage.credentials === null) this._storage.credentials = credentials;
    if (this._isStopped) return;
    this._isReturning = false;
    this._show(credentials, []);
    this._tries = 0;
    this._dial();
  }

  private _dial(): void {
    this._clearTimers();
    const viewing = this._viewing;
    if (viewing === null) return void this._begin();
    const line = this._backend.open({
      onOpen: () => line === this._line && line.send(writeFrames([viewing.hello()])),
      onMessage: (message) => line === this._line && this._onMessage(line, message),
      onClose: (code) => line === this._line && this._onClose(code),
    });
    this._line = line;
    this._watch(SILENCE_MS);
  }

  private _onMessage(line: Line, message: string): void {
    const viewing = this._viewing;
    if (viewing === null) return;
    this._watch(SILENCE_MS);
    let answers: readonly ViewerFrame[] = [];
    for (const frame of readFrames(message)) {
      const unconfirmed = viewing.unconfirmed;
      const { effect, send } = viewing.receive(frame);
      answers = [...answers, ...send];
      if (effect === 'gap') {
        this._onClose(GAP);
        line.close(GAP, 'gap');
        return;
      }
      if (frame.type === 'welcome') this._onWelcome();
      if (frame.type === 'error') this._onError(frame, unconfirmed);
      if (frame.type === 'bye') return this._onBye(frame.code, frame.text);
    }
    if (answers.length > 0) this._send(answers);
    this._storage.unconfirmed = viewing.unconfirmed;
    this._seenTimer ??= this._timers.set(() => this._tellSeen(), SEEN_MS);
    this.onChange();
  }

  private _onWelcome(): void {
    this._isReturning = false;
    this.welcomedAt = this._timers.now();
    this._setStatus({ kind: 'connected' });
    this._peaceTimer ??= this._timers.set(() => {
      this._peaceTimer = null;
      this._tries = 0;
    }, PEACE_MS);
  }

  private _onError(error: ErrorFrame, unconfirmed: readonly Command[]): void {
    if (error.retryAfterS != null) {
      this._laterTimer ??= this._timers.set(() => {
        this._laterTimer = null;
        this._send(this._viewing?.retry() ?? []);
      }, error.retryAfterS * 1000);
      return;
    }
    const command = unconfirmed.find((candidate) => candidate.clientId === error.clientId);
    if (command !== undefined && command.type !== 'env') this.failed.push({ command, error });
  }

  private _onBye(code: number, text: string): void {
    const line = this._line;
    this._line = null;
    this._clearTimers();
    line?.close(1000, 'bye');
    if (code === 4404 || code === 4410) {
      this._storage.credentials = null;
      this._giveBack();
      if (code === 4404 && this._isReturning) {
        this._viewing = null;
        return void this._begin();
      }
    }
    this._setStatus({ kind: 'ended', text, canBegin: code === 4404 || code === 4410 });
  }

  /** The session took no more: what was said and never confirmed goes back to who said it. */
  private _giveBack(): void {
    const error = { type: 'error', code: 'ended', text: 'The conversation ended before this was sent.' } as const;
    const unsent = this.pending.filter((command) => command.type !== 'env');
    this.failed.push(...unsent.map((command) => ({ command, error })));
    this._viewing?.abandon();
    this._storage.unconfirmed = [];
  }

  private _onClose(code: number): void {
    this._line = null;
    this._viewing?.disconnected();
    this._clearTimers();
    if (this._isStopped) return;
    if (TERMINAL(code)) {
      const text = 'The server has closed this conversation. Reload the page.';
      return this._setStatus({ kind: 'ended', text, canBegin: false });
    }
    this._setStatus({ kind: 'reconnecting' });
    this._again(() => this._dial());
  }

  private _command(command: Command): void {
    const viewing = this._viewing;
    if (viewing === null) return;
    this._send(viewing.command(command));
    this._storage.unconfirmed = viewing.unconfirmed;
    this.onChange();
  }

  private _send(frames: readonly ViewerFrame[]): void {
    if (this._line === null || frames.length === 0 || this._viewing?.isWelcome !== true) return;
    this._line.send(writeFrames(frames));
  }

  private _tellSeen(): void {
    this._seenTimer = null;
    const seq = this._viewing?.lastSeq ?? 0;
    if (seq > this._seen) {
      this._seen = seq;
      this._send([{ type: 'seen', seq }]);
    }
  }

  /** Take the line for dead if nothing comes within a time. */
  private _watch(delayMs: number): void {
    this._timers.clear(this._silenceTimer);
    this._silenceTimer = this._timers.set(() => {
      const line = this._line;
      this._onClose(1006);
      line?.close(1000, 'silence');
    }, delayMs);
  }

  private _again(retry: () => void): void {
    const delay = waitBeforeTry(this._tries, this._timers.random());
    this._tries += 1;
    this._retryTimer = this._timers.set(() => {
      this._retryTimer = null;
      if (!this._isStopped) retry();
    }, delay);
  }

  private _clearTimers(): void {
    for (const timer of [
      this._retryTimer,
      this._silenceTimer,
      this._peaceTimer,
      this._seenTimer,
      this._laterTimer,
    ]) {
      this._timers.clear(timer);
    }
    this._retryTimer = this._silenceTimer = this._peaceTimer = this._seenTimer = this._laterTimer = null;
    this._seen = 0;
  }

  private _setStatus(status: ConnectionStatus): void {
    this.status = status;
    this.onChange();
  }
}
