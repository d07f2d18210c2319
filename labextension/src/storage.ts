/** What a tab keeps over a reload: which session it shows, what it said that was not confirmed or was refused, and the draft. */

import type { Credentials } from './backend.js';
import { isCommand, isErrorFrame, isRecord, writeFrames } from './frames.js';
import type { Command, ErrorFrame } from './frames.js';

/** How much may wait to be confirmed: it must fit into one WebSocket message, and into the browser's storage. */
export const MAX_OUTBOX_ITEMS = 32;
export const MAX_OUTBOX_BYTES = 256 * 1024;

/** Something that was said and turned down; its text is kept so that it can be sent again. */
export interface Failed {
  readonly command: Command;
  readonly error: ErrorFrame;
}

/** What is chosen for what is said, and for the next session. */
export interface Choices {
  /** The session that the command is chosen in, and which commands there were then. */
  readonly session?: string;
  readonly offered?: string;
  readonly command?: string | null;
  /** The option of each mode. */
  readonly modes?: Readonly<Record<string, string>>;
  /** The chat profile of the next session. */
  readonly profile?: string;
}

/** The part of the browser's storage that is needed; `sessionStorage` in a page. */
export interface Keep {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The tab's storage, or, where the browser forbids it, one that lasts as long as the page. */
export function tabKeep(): Keep {
  try {
    return sessionStorage;
  } catch {
    const items = new Map<string, string>();
    return {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      removeItem: (key) => void items.delete(key),
    };
  }
}

export class TabStorage {
  private readonly _credentialsKey: string;
  private readonly _outboxKey: string;
  private readonly _failedKey: string;
  private readonly _draftKey: string;
  private readonly _attachedKey: string;
  private readonly _settingsKey: string;
  private readonly _choicesKey: string;

  constructor(
    private readonly _keep: Keep,
    place: string,
  ) {
    this._credentialsKey = `jupyter-chat-sessions ${place}`;
    this._outboxKey = `jupyter-chat-sessions outbox ${place}`;
    this._failedKey = `jupyter-chat-sessions refused ${place}`;
    this._draftKey = `jupyter-chat-sessions draft ${place}`;
    this._attachedKey = `jupyter-chat-sessions attached ${place}`;
    this._settingsKey = `jupyter-chat-sessions settings ${place}`;
    this._choicesKey = `jupyter-chat-sessions choices ${place}`;
  }

  get credentials(): Credentials | null {
    return this._read(this._credentialsKey) as Credentials | null;
  }

  set credentials(credentials: Credentials | null) {
    this._write(this._credentialsKey, credentials);
  }

  get unconfirmed(): readonly Command[] {
    return this._list(this._outboxKey).filter(isCommand);
  }

  /**
   * Keep what was said and is not confirmed. The variables that a viewer gives are secrets: they are never kept.
   *
   * @returns Whether it would survive a reload.
   */
  keepUnconfirmed(commands: readonly Command[]): boolean {
    return this._writeList(this._outboxKey, commands.filter(isForKeeping));
  }

  get failed(): readonly Failed[] {
    return this._list(this._failedKey).filter(isFailed);
  }

  keepFailed(failed: readonly Failed[]): void {
    this._writeList(
      this._failedKey,
      failed.filter(({ command }) => isForKeeping(command)),
    );
  }

  /** What is written and not sent. */
  get draft(): string {
    const draft = this._read(this._draftKey);
    return typeof draft === 'string' ? draft : '';
  }

  set draft(draft: string) {
    this._write(this._draftKey, draft === '' ? null : draft);
  }

  /** Settings that are chosen in a session and not saved. */
  settingsDraft(session: string): Readonly<Record<string, unknown>> {
    const stored = this._read(this._settingsKey);
    if (!isRecord(stored) || stored['session'] !== session || !isRecord(stored['values'])) return {};
    return stored['values'];
  }

  keepSettingsDraft(session: string, values: Readonly<Record<string, unknown>>): void {
    this._write(this._settingsKey, Object.keys(values).length === 0 ? null : { session, values });
  }

  get choices(): Choices {
    const choices = this._read(this._choicesKey) as Choices | null;
    return typeof choices === 'object' && choices !== null ? choices : {};
  }

  set choices(choices: Choices) {
    this._write(this._choicesKey, choices);
  }

  /** The keys of what is attached and not said. */
  get attached(): readonly string[] {
    return this._list(this._attachedKey).filter((id) => typeof id === 'string');
  }

  set attached(ids: readonly string[]) {
    this._writeList(this._attachedKey, ids);
  }

  private _list(key: string): readonly unknown[] {
    const stored = this._read(key);
    return Array.isArray(stored) ? stored : [];
  }

  private _read(key: string): unknown {
    try {
      return JSON.parse(this._keep.getItem(key) ?? 'null');
    } catch {
      return null;
    }
  }

  private _writeList(key: string, values: readonly unknown[]): boolean {
    return this._write(key, values.length > 0 ? values : null);
  }

  private _write(key: string, value: unknown): boolean {
    const written = value === null ? null : JSON.stringify(value);
    try {
      // To look is quick; what is written goes to another process of the browser.
      if (this._keep.getItem(key) === written) return true;
      if (written === null) this._keep.removeItem(key);
      else this._keep.setItem(key, written);
      return true;
    } catch {
      // A full or forbidden storage costs the reload, not the conversation.
      return false;
    }
  }
}

/** Whether one more command fits behind those that wait. */
export function fitsOutbox(waiting: readonly Command[], command: Command): boolean {
  if (waiting.length >= MAX_OUTBOX_ITEMS) return false;
  return new TextEncoder().encode(writeFrames([...waiting, command])).length <= MAX_OUTBOX_BYTES;
}

function isForKeeping(command: Command): boolean {
  return command.type !== 'env';
}

function isFailed(value: unknown): value is Failed {
  const record = value as Partial<Failed> | null;
  return typeof record === 'object' && isCommand(record?.command) && isErrorFrame(record.error);
}
