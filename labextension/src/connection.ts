/**
 * Keeps one viewer joined to its session: dials, says hello, reconnects, tells a quiet line from a dead one.
 * Knows no UI; whoever shows it subscribes to `onChange`. Time and chance are given.
 */

import { Refused } from './backend.js';
import type { Backend, Credentials, Given, Giving, Line, LineListener } from './backend.js';
import { waitBeforeTry } from './backoff.js';
import type { Conversation } from './conversation.js';
import { readFrames, wellFormed, wellFormedValue, writeFrames } from './frames.js';
import type { Beside, CallName, Command, ErrorFrame, Question, Signal, ViewerFrame, Welcome } from './frames.js';
import { newId } from './ids.js';
import { fitsOutbox } from './storage.js';
import type { Choices, Failed, TabStorage } from './storage.js';
import type { Threads } from './threads.js';
import { Viewing } from './viewing.js';

export type ConnectionStatus =
  | { readonly kind: 'connecting' }
  /** `caughtUp`: what was missed while the line was cut has just come. */
  | { readonly kind: 'connected'; readonly caughtUp?: true }
  | { readonly kind: 'reconnecting' }
  /** The server said that it stops, and comes back. */
  | { readonly kind: 'restarting' }
  | { readonly kind: 'absent'; readonly text: string }
  /** The server gives no session for now, and says why. */
  | { readonly kind: 'off'; readonly text: string }
  /** `remedy`: the one thing that helps. */
  | { readonly kind: 'ended'; readonly text: string; readonly remedy: 'begin' | 'reload' | null };

/** What was refused for now, and is said again by itself. */
export interface Held {
  readonly error: ErrorFrame;
  /** In milliseconds of `timers.now`. */
  readonly until: number;
}

/** A short notice, for some seconds. */
export interface Toast {
  readonly id: string;
  readonly kind: string;
  readonly text: string;
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
  now: () => performance.now(), // which the clock on the wall does not move
  random: () => Math.random(),
};

const SILENCE_MS = 40_000;
/** With the tick of `watchWaking` and the wait before a try, less than 2 s until a page that woke is whole again. */
const PROBE_MS = 1_000;
const PEACE_MS = 30_000;
const SEEN_MS = 1_000;
const CAUGHT_UP_MS = 4_000;
const MAX_TOASTS = 4;
/** So long after it was due back, a server that said it restarts is just gone. */
const RESTART_MS = 60_000;
/** When a conversation has more steps than these, it keeps so many of the newest. */
const MAX_SHOWN = 400;
const SHOWN = 200;
const TOO_BIG = 1009;
const RESTART = 1012;
/** So many lines of a page that never had one are cut before they open: then something on the way lets none through. */
const BLOCKED_AFTER = 4;
const BLOCKED =
  'No WebSocket to the server can be opened. Something on the way, often a proxy, may not let it through: ask whoever runs the server.';
const GAP = 4010;
const VERSION = 4426;
/** Close codes below these are worth another try; what the hub wants to end, it announces with `bye`. */
const TERMINAL = (code: number): boolean => code >= 4400 && code !== 4408;

/** Calls that nobody wants to hear of again when they are turned down. */
const PASSING: ReadonlySet<CallName> = new Set(['on_settings_edit', 'on_window_message']);

function noSession(): Refused {
  return new Refused('ended', 'There is no conversation.');
}

/** What something carries beside its text. */
function besideOf({ command, modes, files }: Beside): Beside {
  return { ...(command && { command }), ...(modes && { modes }), ...(files && { files }) };
}

/** What it means for a viewer that it got no session. */
function refusedStatus(error: unknown): ConnectionStatus {
  // What a proxy says while the server is away has no code of ours.
  if (!(error instanceof Refused) || error.code === 'internal') return { kind: 'reconnecting' };
  const text = error.message;
  if (error.code === 'forbidden') return { kind: 'ended', text, remedy: null };
  return { kind: error.code === 'unknown_channel' ? 'absent' : 'off', text };
}

/** The one thing that helps after the hub said goodbye. */
const REMEDIES: Readonly<Record<number, 'begin' | 'reload'>> = { 4401: 'reload', 4404: 'begin', 4410: 'begin', 4426: 'reload' };

export class Connection {
  status: ConnectionStatus = { kind: 'connecting' };
  /** What was refused. */
  readonly failed: Failed[];
  held: Held | null = null;
  /** Whether what is not confirmed would survive a reload: the browser may be full, or forbid it. */
  isKept = true;
  /** Called after anything that can be seen has changed. */
  onChange: () => void = () => undefined;
  /** Called with the session's id when this viewer shows another session. */
  onSession: (session: string) => void = () => undefined;
  /** Called with what the author sends to the window around the chat. */
  onWindowMessage: (data: unknown) => void = () => undefined;
  /** The newest notices that were not dismissed. */
  toasts: readonly Toast[] = [];
  /** When the time of open questions was last told, in milliseconds of `timers.now`. */
  welcomedAt = 0;

  constructor(
    private readonly _backend: Backend,
    private readonly _channel: string,
    private readonly _storage: TabStorage,
    private readonly _timers: Timers = browserTimers,
  ) {
    this.failed = [..._storage.failed];
  }

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

  /** The question that what is written answers: the one that has waited longest. */
  get textQuestion(): Question | undefined {
    return this.conversation?.questions.find((question) => question.kind !== 'action');
  }

  get channel(): string {
    return this._channel;
  }

  /** Conversations of before; null where nothing keeps any. */
  get threads(): Threads | null {
    return this._backend.threads;
  }

  /** What is written and not sent; it outlives a reload. */
  get draft(): string {
    return this._storage.draft;
  }

  set draft(draft: string) {
    this._storage.draft = draft;
  }

  /** Settings that are chosen and not saved; they outlive a reload. */
  get settingsDraft(): Readonly<Record<string, unknown>> {
    return this.session === null ? {} : this._storage.settingsDraft(this.session);
  }

  set settingsDraft(values: Readonly<Record<string, unknown>>) {
    if (this.session !== null) this._storage.keepSettingsDraft(this.session, values);
  }

  /** What is chosen for what is said; it outlives a reload. */
  get choices(): Choices {
    return this._storage.choices;
  }

  set choices(choices: Choices) {
    this._storage.choices = choices;
    this.onChange();
  }

  /** The chat profile of this session, where there is one. */
  get profile(): string | undefined {
    const profile = this.conversation?.state['profile'];
    return typeof profile === 'string' ? profile : undefined;
  }

  /** Milliseconds until what was refused for now is said again. */
  get heldMs(): number {
    return this.held === null ? 0 : Math.max(0, this.held.until - this._timers.now());
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

  /**
   * Say something: a message, or the answer to the question that has waited longest.
   *
   * @param beside What a message carries; an answer carries files alone.
   * @returns Whether it was taken. It is not when too much waits to be sent already.
   */
  say(written: string, beside: Beside = {}, clientId: string = newId()): boolean {
    const text = wellFormed(written);
    const question = this.textQuestion;
    const command: Command =
      question === undefined
        ? { type: 'message', clientId, text, ...beside }
        : { type: 'answer', clientId, questionId: question.id, text, ...(beside.files && { files: beside.files }) };
    if (this._viewing === null || !fitsOutbox(this.pending, command)) return false;
    this._command(command);
    return true;
  }

  /**
   * Change something that was said, and have it answered anew.
   *
   * @returns Whether it was taken. It is not when too much waits to be sent already.
   */
  edit(stepId: string, written: string): boolean {
    const command = { type: 'edit', clientId: newId(), stepId, text: wellFormed(written) } as const;
    if (this._viewing === null || !fitsOutbox(this.pending, command)) return false;
    this._command(command);
    return true;
  }

  /** Press a button: it answers the question that it is for, or calls what the author has for it. */
  press(stepId: string, actionId: string): void {
    const questions = this.conversation?.questions ?? [];
    const question = questions.find((open) => open.kind === 'action' && open.stepId === stepId);
    const clientId = newId();
    const command: Command =
      question === undefined
        ? { type: 'press', clientId, stepId, actionId }
        : { type: 'answer', clientId, questionId: question.id, text: '', actionId };
    if (fitsOutbox(this.pending, command)) this._command(command);
  }

  /**
   * Do something else that a handler of the author's is run for.
   *
   * @param about The message that it is about, where it is about one.
   * @returns Whether it was taken. It is not when too much waits to be sent already.
   */
  call(name: CallName, value: unknown, about?: string, clientId: string = newId()): boolean {
    const said = { type: 'call', clientId, name, value: wellFormedValue(value) } as const;
    const command: Command = about === undefined ? said : { ...said, about };
    if (this._viewing === null || !fitsOutbox(this.pending, command)) return false;
    this._command(command);
    return true;
  }

  giveEnv(values: Readonly<Record<string, string>>): void {
    const written = Object.entries(values).map(([name, value]) => [name, wellFormed(value)] as const);
    this._command({ type: 'env', clientId: newId(), values: Object.fromEntries(written) });
  }

  /** Have an interrupted message answered after all. */
  retryRun(stepId: string): void {
    if (this.isRetrying(stepId)) return;
    for (const failed of this.failed.filter(({ command }) => 'stepId' in command && command.stepId === stepId)) {
      this.dismiss(failed);
    }
    this._command({ type: 'retry', clientId: newId(), stepId });
  }

  isRetrying(stepId: string): boolean {
    return this.pending.some((command) => command.type === 'retry' && command.stepId === stepId);
  }

  stopRun(): void {
    this._send([{ type: 'stop' }]);
  }

  /** Send something again that was turned down. */
  retry(failed: Failed): void {
    const { command } = failed;
    if ('text' in command && !this.say(command.text, command.type === 'edit' ? {} : besideOf(command))) return;
    this.dismiss(failed);
  }

  dismissToast(id: string): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
    this.onChange();
  }

  dismiss(failed: Failed): void {
    const place = this.failed.indexOf(failed);
    if (place >= 0) this.failed.splice(place, 1);
    this._storage.keepFailed(this.failed);
    this.onChange();
  }

  /**
   * End this session and begin another. What the hub has not confirmed can still be sent in the new one.
   *
   * @param profile The chat profile of the other one; by default that of this one.
   */
  newChat(profile: string | undefined = this.profile): void {
    if (this._isBeginning) return;
    if (profile !== undefined) this._storage.choices = { ...this.choices, profile };
    this._giveBack('You began a new chat before this was confirmed.');
    this._send([{ type: 'end' }]);
    this._leave('new chat');
    this._storage.credentials = null;
    void this._begin();
  }

  /**
   * Show a conversation of before. The one that is shown goes on, and stays among them.
   *
   * @throws {Refused} It is not there any more, or something is not sent yet.
   */
  async resume(thread: string): Promise<void> {
    if (this._isBeginning) return;
    if (this.pending.length > 0) throw new Refused('pending', 'What you wrote is not sent yet. Wait until it is.');
    this._isBeginning = true;
    let credentials: Credentials;
    try {
      credentials = await this._backend.createSession(this._channel, { threadId: thread });
    } finally {
      this._isBeginning = false;
    }
    if (this._isStopped) return;
    this._giveBack('You went to another conversation before this was confirmed.');
    this._leave('another conversation');
    this._storage.credentials = credentials;
    this._setStatus({ kind: 'connecting' });
    this._show(credentials, []);
    this._dial();
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

  /** Fetch the content of an element of this session. */
  readFile(file: string): Promise<Blob> {
    if (this._credentials === null) return Promise.reject(noSession());
    return this._backend.readFile(this._credentials, file);
  }

  giveFile(content: Blob, giving: Giving): Promise<Given> {
    return this._credentials === null ? Promise.reject(noSession()) : this._backend.giveFile(this._credentials, content, giving);
  }

  givenFiles(): Promise<readonly Given[]> {
    return this._credentials === null ? Promise.reject(noSession()) : this._backend.givenFiles(this._credentials);
  }

  takeBackFile(file: string): Promise<void> {
    return this._credentials === null ? Promise.reject(noSession()) : this._backend.takeBackFile(this._credentials, file);
  }

  /** The keys of what is attached and not said; they outlive a reload. */
  get attached(): readonly string[] {
    return this._storage.attached;
  }

  set attached(ids: readonly string[]) {
    this._storage.attached = ids;
  }

  /** Let the older steps go, which are there to be fetched again: a page that shows thousands answers slowly. */
  forgetOlder(): void {
    const conversation = this.conversation;
    if (conversation === null || conversation.size <= MAX_SHOWN) return;
    conversation.trim(SHOWN);
    this.onChange();
  }

  /** The page is seen again, or the network is back: make sure that the line still lives. */
  probe(): void {
    if (this._line === null) {
      if (this._retryTimer !== null && this._timers.now() >= this._notBefore) this._dial();
      return;
    }
    if (this.status.kind !== 'connected') return;
    this._send([{ type: 'ping' }]);
    // A page that wakes is told so several times: that must not give the line more time each time.
    if (!this._isProbing) this._watch(PROBE_MS);
    this._isProbing = true;
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
  private _isProbing = false;
  private _peaceTimer: unknown = null;
  private _seenTimer: unknown = null;
  private _laterTimer: unknown = null;
  private _caughtUpTimer: unknown = null;
  private _seen = 0;
  /** The number that the events must reach until nothing is missing any more. */
  private _catchUpTo: number | null = null;
  /** How long the server asked to be left alone, once it has said that it stops. */
  private _comeBackAfterMs: number | null = null;
  private _notBefore = 0;
  private _hasOpened = false;
  private _restartingUntil = 0;

  private _show(credentials: Credentials, unconfirmed: readonly Command[]): void {
    this._credentials = credentials;
    this._viewing = new Viewing(credentials.session, credentials.secret, unconfirmed);
    this.onSession(credentials.session);
  }

  private async _begin(): Promise<void> {
    this._isBeginning = true;
    // One more try is no news: the status would flicker.
    const isRetry = ['absent', 'off', 'reconnecting', 'restarting'].includes(this.status.kind);
    this._setStatus(isRetry ? this.status : { kind: 'connecting' });
    let credentials: Credentials;
    try {
      const { profile } = this.choices;
      credentials = await this._backend.createSession(this._channel, profile === undefined ? {} : { chatProfile: profile });
    } catch (error) {
      this._isBeginning = false;
      if (this._isStopped) return;
      const status = refusedStatus(error);
      this._setStatus(status);
      if (status.kind === 'ended') return;
      this._again(() => void this._begin());
      return;
    }
    this._isBeginning = false;
    // Somebody may have gone to a conversation of before in the meantime.
    if (this._viewing !== null) return;
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
    const listener: LineListener = {
      onOpen: (isWelcome) => line === this._line && this._onOpen(line, viewing, isWelcome),
      onMessage: (message) => line === this._line && this._onMessage(line, message),
      onClose: (code) => line === this._line && this._onClose(code),
    };
    const line = this._backend.open(listener, viewing.session);
    this._line = line;
    this._watch(SILENCE_MS);
  }

  private _onOpen(line: Line, viewing: Viewing, isWelcome = false): void {
    this._hasOpened = true;
    if (!isWelcome) line.send(writeFrames([viewing.hello()]));
  }

  private _onMessage(line: Line, message: string): void {
    const viewing = this._viewing;
    if (viewing === null) return;
    this._watch(SILENCE_MS);
    let answers: readonly ViewerFrame[] = [];
    for (const frame of readFrames(message)) {
      const { unconfirmed, epoch, lastSeq } = viewing;
      const { effect, send } = viewing.receive(frame);
      answers = [...answers, ...send];
      if (effect === 'gap') {
        this._onClose(GAP);
        line.close(GAP, 'gap');
        return;
      }
      if (frame.type === 'heartbeat') answers = [...answers, { type: 'ping' }];
      if (frame.type === 'welcome') this._onWelcome(frame.seq > lastSeq || frame.epoch !== epoch ? frame.seq : null);
      if (frame.type === 'going') this._comeBackAfterMs = frame.retryAfterS * 1000;
      if (frame.type === 'error') this._onError(frame, unconfirmed);
      if (frame.type === 'signal') this._onSignal(frame);
      if (frame.type === 'bye') return this._onBye(frame.code, frame.text);
    }
    if (answers.length > 0) this._send(answers);
    if (this._catchUpTo !== null && viewing.lastSeq >= this._catchUpTo) this._onCaughtUp();
    this._keepUnconfirmed();
    this._seenTimer ??= this._timers.set(() => this._tellSeen(), SEEN_MS);
    this.onChange();
  }

  private _onSignal({ kind, data }: Signal): void {
    if (kind === 'window_message') this.onWindowMessage(data);
    if (kind !== 'toast') return;
    const toast = data as Partial<Toast> | null;
    if (typeof toast?.text !== 'string') return;
    this.toasts = [...this.toasts, { id: newId(), kind: String(toast.kind), text: toast.text }].slice(-MAX_TOASTS);
  }

  private _onWelcome(catchUpTo: number | null): void {
    const wasCut = this.status.kind === 'reconnecting' || this.status.kind === 'restarting';
    this._catchUpTo = wasCut ? catchUpTo : null;
    this._isReturning = false;
    this._restartingUntil = 0;
    this.welcomedAt = this._timers.now();
    this._setStatus({ kind: 'connected' });
    this._peaceTimer ??= this._timers.set(() => {
      this._peaceTimer = null;
      this._tries = 0;
    }, PEACE_MS);
  }

  private _onCaughtUp(): void {
    this._catchUpTo = null;
    this._setStatus({ kind: 'connected', caughtUp: true });
    this._caughtUpTimer = this._timers.set(() => this._setStatus({ kind: 'connected' }), CAUGHT_UP_MS);
  }

  private _onError(error: ErrorFrame, unconfirmed: readonly Command[]): void {
    const command = unconfirmed.find((candidate) => candidate.clientId === error.clientId);
    if (error.retryAfterS != null) {
      if (this._laterTimer !== null) return;
      const waitMs = error.retryAfterS * 1000;
      if (command !== undefined) this.held = { error, until: this._timers.now() + waitMs };
      this._laterTimer = this._timers.set(() => {
        this._laterTimer = null;
        this.held = null;
        this._send(this._viewing?.retry() ?? []);
        this.onChange();
      }, waitMs);
      return;
    }
    // Who presses Retry on a message that another tab has retried already sees what comes of it; as who presses a
    // button of a question that is closed. What is told as it is typed is told again by the next key.
    const isSettled =
      (command?.type === 'retry' && error.code === 'conflict') ||
      (command?.type === 'answer' && command.actionId !== undefined) ||
      (command?.type === 'call' && PASSING.has(command.name));
    if (command !== undefined && command.type !== 'env' && !isSettled) this._fail([{ command, error }]);
  }

  private _fail(failed: readonly Failed[]): void {
    this.failed.push(...failed);
    this._storage.keepFailed(this.failed);
  }

  private _onBye(code: number, text: string): void {
    const line = this._line;
    this._line = null;
    this._clearTimers();
    line?.close(1000, 'bye');
    if (code === 4404 || code === 4410) {
      this._storage.credentials = null;
      this._giveBack('The conversation ended before this was sent.');
      if (code === 4404 && this._isReturning) {
        this._viewing = null;
        return void this._begin();
      }
    }
    this._setStatus({ kind: 'ended', text, remedy: REMEDIES[code] ?? null });
  }

  /** What was said and is not confirmed goes back to who said it. */
  private _giveBack(text: string, code = 'ended'): void {
    const error = { type: 'error', code, text } as const;
    const unsent = this.pending.filter((command) => 'text' in command);
    if (unsent.length > 0) this._fail(unsent.map((command) => ({ command, error })));
    this._viewing?.abandon();
    this._keepUnconfirmed();
  }

  /** Show this session no more. */
  private _leave(reason: string): void {
    const line = this._line;
    this._line = null;
    this._clearTimers();
    line?.close(1000, reason);
    this._viewing = null;
    this._isReturning = false;
    this._tries = 0;
  }

  private _onClose(code: number): void {
    this._line = null;
    this._viewing?.disconnected();
    this._clearTimers();
    if (this._isStopped) return;
    if (TERMINAL(code)) {
      const text =
        code === VERSION
          ? 'This page is older than the server. Reload it; what you wrote is kept.'
          : 'The server has closed this conversation. Reload the page.';
      return this._setStatus({ kind: 'ended', text, remedy: 'reload' });
    }
    // Said again, it would only close the line again.
    if (code === TOO_BIG) this._giveBack('This is too long for the server.', 'too_large');
    const waitMs = this._comeBackAfterMs ?? 0;
    if (this._comeBackAfterMs !== null || code === RESTART) {
      this._restartingUntil = this._timers.now() + waitMs + RESTART_MS;
    }
    this._comeBackAfterMs = null;
    const isBlocked = !this._hasOpened && this._tries + 1 >= BLOCKED_AFTER;
    const kind = this._timers.now() < this._restartingUntil ? 'restarting' : 'reconnecting';
    this._setStatus(isBlocked ? { kind: 'off', text: BLOCKED } : { kind });
    this._again(() => this._dial(), waitMs);
  }

  private _command(command: Command): void {
    const viewing = this._viewing;
    if (viewing === null) return;
    // Kept before it is sent: a reload between the two would else lose it.
    const frames = viewing.command(command);
    this._keepUnconfirmed();
    this._send(frames);
    this.onChange();
  }

  private _keepUnconfirmed(): void {
    this.isKept = this._storage.keepUnconfirmed(this.pending);
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
    this._isProbing = false;
    this._timers.clear(this._silenceTimer);
    this._silenceTimer = this._timers.set(() => {
      const line = this._line;
      this._onClose(1006);
      line?.close(1000, 'silence');
    }, delayMs);
  }

  private _again(retry: () => void, atLeastMs = 0): void {
    const delay = atLeastMs + waitBeforeTry(this._tries, this._timers.random());
    this._tries += 1;
    this._notBefore = this._timers.now() + atLeastMs;
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
      this._caughtUpTimer,
    ]) {
      this._timers.clear(timer);
    }
    this._retryTimer = this._silenceTimer = this._peaceTimer = this._seenTimer = this._laterTimer = null;
    this._caughtUpTimer = this._catchUpTo = this.held = null;
    this._seen = 0;
  }

  private _setStatus(status: ConnectionStatus): void {
    this.status = status;
    this.onChange();
  }
}
