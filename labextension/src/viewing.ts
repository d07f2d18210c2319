/**
 * A viewer's half of the protocol: what it has seen, and what it said that nobody has confirmed yet.
 * `jupyter_chat_sessions/protocol/viewing.py` is the same machine. The one rule: apply an event only when its number is the next.
 */

import { Conversation, OutOfOrder } from './conversation.js';
import { PROTOCOL_VERSION } from './frames.js';
import type { Bye, Command, ErrorFrame, Hello, HubFrame, Welcome } from './frames.js';

export type Effect = 'welcomed' | 'changed' | 'gap' | 'ended' | null;

export interface Received {
  readonly effect: Effect;
  /** What to send in answer. */
  readonly send: readonly Command[];
}

/** One viewer's view of one session, over any number of connections. */
export class Viewing {
  conversation = new Conversation();
  welcome: Welcome | null = null;
  epoch: string | null = null;
  lastSeq = 0;
  bye: Bye | null = null;
  readonly refused: ErrorFrame[] = [];

  constructor(
    readonly session: string,
    private readonly _secret: string,
    unconfirmed: readonly Command[] = [],
  ) {
    for (const command of unconfirmed) this._unconfirmed.set(command.clientId, command);
  }

  get isWelcome(): boolean {
    return this._isWelcome;
  }

  /** What was said and neither accepted nor refused yet, in order. */
  get unconfirmed(): readonly Command[] {
    return [...this._unconfirmed.values()];
  }

  /** The first frame for a new connection. */
  hello(): Hello {
    this._isWelcome = false;
    const hello = { type: 'hello', v: PROTOCOL_VERSION, session: this.session, secret: this._secret } as const;
    return this.epoch === null ? hello : { ...hello, epoch: this.epoch, lastSeq: this.lastSeq };
  }

  /** The connection is gone: what is said from now on waits for the next welcome. */
  disconnected(): void {
    this._isWelcome = false;
  }

  /** Keep a command until it is confirmed; return what to send now. */
  command(command: Command): readonly Command[] {
    this._unconfirmed.set(command.clientId, command);
    return this._isWelcome && !this._isHeld ? [command] : [];
  }

  /** What to send again, once the time is over that a refusal for now has named. */
  retry(): readonly Command[] {
    this._isHeld = false;
    return this._isWelcome ? this.unconfirmed : [];
  }

  /** Give up what is not confirmed: the session will not take it any more. */
  abandon(): void {
    this._unconfirmed.clear();
  }

  /** Take a frame. On the effect `gap`, close the connection with 4010 and say hello on a new one. */
  receive(frame: HubFrame): Received {
    switch (frame.type) {
      case 'welcome':
        return this._onWelcome(frame) ? { effect: 'welcomed', send: this.unconfirmed } : { effect: 'gap', send: [] };
      case 'event':
        return { effect: this._onEvent(frame), send: [] };
      case 'accepted':
        this._unconfirmed.delete(frame.clientId);
        return { effect: 'changed', send: [] };
      case 'error':
        if (frame.retryAfterS == null) {
          this._unconfirmed.delete(frame.clientId ?? '');
          this.refused.push(frame);
        } else if (this._unconfirmed.has(frame.clientId ?? '')) {
          // What is said from now on must not overtake it.
          this._isHeld = true;
        }
        return { effect: 'changed', send: [] };
      case 'bye':
        this.bye = frame;
        return { effect: 'ended', send: [] };
      default:
        return { effect: null, send: [] };
    }
  }

  private readonly _unconfirmed = new Map<string, Command>();
  private _isWelcome = false;
  private _isHeld = false;

  private _onWelcome(welcome: Welcome): boolean {
    if (welcome.snapshot != null) {
      this.conversation = new Conversation(welcome.snapshot);
      this.lastSeq = welcome.seq;
    } else if (!welcome.resumed || welcome.epoch !== this.epoch) {
      this._forget();
      return false;
    }
    this.epoch = welcome.epoch;
    this.welcome = { ...welcome, snapshot: null };
    this._isWelcome = true;
    this._isHeld = false;
    return true;
  }

  private _onEvent(frame: HubFrame & { type: 'event' }): Effect {
    if (!this._isWelcome || frame.seq <= this.lastSeq) return null;
    if ((frame.first ?? frame.seq) !== this.lastSeq + 1) return 'gap';
    try {
      this.conversation.apply(frame.event);
    } catch (error) {
      if (!(error instanceof OutOfOrder)) throw error;
      this._forget();
      return 'gap';
    }
    this.lastSeq = frame.seq;
    return 'changed';
  }

  /** Ask for a snapshot next time: what is here cannot be trusted. */
  private _forget(): void {
    this.epoch = null;
    this.lastSeq = 0;
  }
}
