/** What a tab keeps over a reload: which session it shows, and what it said that was not confirmed. */

import type { Credentials } from './backend.js';
import type { Command } from './frames.js';

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

  constructor(
    private readonly _keep: Keep,
    place: string,
  ) {
    this._credentialsKey = `jupyter-chat-sessions ${place}`;
    this._outboxKey = `jupyter-chat-sessions outbox ${place}`;
  }

  get credentials(): Credentials | null {
    return this._read(this._credentialsKey) as Credentials | null;
  }

  set credentials(credentials: Credentials | null) {
    this._write(this._credentialsKey, credentials);
  }

  get unconfirmed(): readonly Command[] {
    const stored = this._read(this._outboxKey);
    return Array.isArray(stored) ? (stored as Command[]) : [];
  }

  /** The variables that a viewer gives are secrets: they are never kept. */
  set unconfirmed(commands: readonly Command[]) {
    const kept = commands.filter((command) => command.type !== 'env');
    this._write(this._outboxKey, kept.length > 0 ? kept : null);
  }

  private _read(key: string): unknown {
    try {
      return JSON.parse(this._keep.getItem(key) ?? 'null');
    } catch {
      return null;
    }
  }

  private _write(key: string, value: unknown): void {
    try {
      if (value === null) this._keep.removeItem(key);
      else this._keep.setItem(key, JSON.stringify(value));
    } catch {
      // A full or forbidden storage costs the reload, not the conversation.
    }
  }
}
