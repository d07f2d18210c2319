/**
 * What is attached and not said yet: given to the hub at once, a few files at a time, and said when all of it is there.
 * Knows no UI. The one rule: the hub decides what is taken; what is checked here only spares a wait.
 */

import { Refused } from './backend.js';
import type { Given, Giving } from './backend.js';
import type { Uploads } from './frames.js';
import { newId } from './ids.js';

/** How far a file has got. */
export type Fate =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'going'; readonly sent: number }
  | { readonly kind: 'here'; readonly file: string }
  | { readonly kind: 'failed'; readonly text: string; readonly canRetry: boolean };

export interface Attachment {
  /** The id under which the hub is given it. */
  readonly key: string;
  readonly name: string;
  readonly bytes: number;
  readonly mime: string;
  /** The question that it is for; null for a message. */
  readonly about: string | null;
  readonly fate: Fate;
}

/** The way to the hub, for one session. */
export interface Transfers {
  give(content: Blob, giving: Giving): Promise<Given>;
  given(): Promise<readonly Given[]>;
  takeBack(file: string): Promise<void>;
}

const PARALLEL = 3;
/** An upload of which nothing has got through for so long is cut: a browser may wait for minutes. */
const STALLED_MS = 30_000;
const MAX_FILES = 20;
const MAX_BYTES = 100 * 1024 * 1024;
const CUT = 'The connection was lost before it was there.';
const GONE = 'The server does not have it any more.';

/** The attachments of one session. */
export class Attachments {
  /** Called after each change, with the keys of all: by them they are known again after a reload. */
  onChange: (keys: readonly string[]) => void = () => undefined;
  /** Why what was chosen last is not taken; null where all of it is. */
  notice: string | null = null;

  constructor(private readonly _transfers: Transfers) {}

  /** Those for a question, or for a message, in the order in which they were chosen. */
  of(about: string | null): readonly Attachment[] {
    return [...this._items.values()].filter((item) => item.about === about);
  }

  /** The ids to say, or null while something of it is not there. */
  ready(about: string | null): readonly string[] | null {
    const fates = this.of(about).map(({ fate }) => fate);
    return fates.every((fate) => fate.kind === 'here') ? fates.map(({ file }) => file) : null;
  }

  /** Give the hub files. */
  add(files: Iterable<File>, allowed: Uploads, about: string | null): void {
    this.notice = null;
    for (const content of files) {
      const refusal = whyNot(content, allowed, this.of(about).length);
      if (refusal !== null) {
        this.notice ??= refusal;
        continue;
      }
      const { name, size: bytes, type: mime } = content;
      const key = newId();
      this._items.set(key, { key, name: name || 'file', bytes, mime, about, fate: { kind: 'waiting' }, content });
    }
    this._go();
  }

  /** Give a file again that did not get through. */
  retry(key: string): void {
    this._put(key, { kind: 'waiting' });
    this._go();
  }

  /** Take something off: cut it where it is under way, and take it back where the hub has it. */
  remove(key: string): void {
    this._cuts.get(key)?.abort();
    // By the id that it was given under: where it failed, nobody knows how far it had come.
    if (this._items.delete(key)) void this._transfers.takeBack(key).catch(() => undefined);
    this.notice = null;
    this._go();
  }

  /** What was attached has been said. */
  said(about: string | null): void {
    for (const { key } of this.of(about)) this._items.delete(key);
    this._changed();
  }

  /** These questions are open: what was attached for others is of no use any more. */
  keepFor(questions: ReadonlySet<string>): void {
    const gone = [...this._items.values()].filter(({ about }) => about !== null && !questions.has(about));
    for (const { key } of gone) {
      this._cuts.get(key)?.abort();
      this._items.delete(key);
    }
    if (gone.length > 0) this._changed();
  }

  /** After a reload: attach again what the hub has of these. What was still under way is gone with the page. */
  async restore(keys: readonly string[]): Promise<void> {
    for (const { client, file, name, bytes, mime, questionId } of await this._transfers.given().catch(() => [])) {
      const key = client ?? file;
      if (!keys.includes(key) || this._items.has(key)) continue;
      const about = questionId ?? null;
      this._items.set(key, { key, name, bytes, mime, about, fate: { kind: 'here', file }, content: null });
    }
    this._changed();
  }

  /** After a cut: what the hub has lost, such as by a restart, has to be given again. */
  async check(): Promise<void> {
    const before = [...this._items.values()].filter(({ fate }) => fate.kind === 'here');
    if (before.length === 0) return;
    const given = await this._transfers.given().catch(() => null);
    if (given === null) return;
    const known = new Set(given.map(({ file }) => file));
    for (const { key, fate, content } of before) {
      if (fate.kind !== 'here' || known.has(fate.file) || this._items.get(key)?.fate !== fate) continue;
      this._put(key, { kind: 'failed', text: GONE, canRetry: content !== null });
    }
    this._changed();
  }

  /** The session is another: what is under way is cut. */
  dispose(): void {
    this.onChange = () => undefined;
    for (const cut of this._cuts.values()) cut.abort();
    this._items.clear();
  }

  private readonly _items = new Map<string, Attachment & { readonly content: File | null }>();
  private readonly _cuts = new Map<string, AbortController>();

  private _go(): void {
    for (const { key, content, fate } of this._items.values()) {
      if (this._cuts.size >= PARALLEL) break;
      if (fate.kind === 'waiting' && content !== null) void this._give(key, content);
    }
    this._changed();
  }

  private async _give(key: string, content: File): Promise<void> {
    const item = this._items.get(key);
    if (item === undefined) return;
    const cut = new AbortController();
    this._cuts.set(key, cut);
    let stalled = setTimeout(() => cut.abort(), STALLED_MS);
    this._put(key, { kind: 'going', sent: 0 });
    try {
      const { file } = await this._transfers.give(content, {
        client: key,
        name: item.name,
        mime: item.mime,
        question: item.about,
        signal: cut.signal,
        onProgress: (sent) => {
          clearTimeout(stalled);
          stalled = setTimeout(() => cut.abort(), STALLED_MS);
          if (this._items.get(key)?.fate.kind !== 'going') return;
          this._put(key, { kind: 'going', sent });
          this._changed();
        },
      });
      this._put(key, { kind: 'here', file });
    } catch (error) {
      const isRefused = error instanceof Refused && error.code !== 'internal';
      this._put(key, { kind: 'failed', text: isRefused ? error.message : CUT, canRetry: true });
    } finally {
      clearTimeout(stalled);
      this._cuts.delete(key);
      this._go();
    }
  }

  private _put(key: string, fate: Fate): void {
    const item = this._items.get(key);
    if (item !== undefined) this._items.set(key, { ...item, fate });
  }

  private _changed(): void {
    this.onChange([...this._items.keys()]);
  }
}

/** Why a file would not be taken, in a sentence; null where it seems to be. */
export function whyNot(file: File, allowed: Uploads, count: number): string | null {
  const name = file.name || 'file';
  const most = allowed.maxFiles ?? MAX_FILES;
  const largest = allowed.maxBytes ?? MAX_BYTES;
  if (count >= most) return `${name} is not attached: at most ${counted(most)} at a time.`;
  if (file.size === 0) return `${name} is empty, or a folder: there is nothing to send.`;
  if (file.size > largest) return `${name} has ${sizeText(file.size)}; at most ${sizeText(largest)} are taken.`;
  if (!isAccepted(file, allowed.accept ?? [])) return `${name} is not taken here: only ${(allowed.accept ?? []).join(', ')}.`;
  return null;
}

/** Say what may be given. */
export function limitsText(allowed: Uploads): string {
  const most = allowed.maxFiles ?? MAX_FILES;
  const kinds = allowed.accept ?? [];
  const what = kinds.length > 0 ? kinds.join(', ') : 'any kind';
  return `${most === 1 ? 'One file' : `Up to ${most} files`} (${what}), ${most === 1 ? '' : 'each '}at most ${sizeText(allowed.maxBytes ?? MAX_BYTES)}`;
}

/** A number of bytes as people read it. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [count, unit] = bytes < 1024 * 1024 ? [bytes / 1024, 'kB'] : [bytes / 1024 / 1024, 'MB'];
  return `${Number(count.toPrecision(3))} ${unit}`;
}

function counted(count: number): string {
  return count === 1 ? 'one file is taken' : `${count} files are taken`;
}

function isAccepted({ name, type }: File, accept: readonly string[]): boolean {
  if (accept.length === 0) return true;
  return accept.some((kind) => {
    const wanted = kind.toLowerCase();
    if (wanted.startsWith('.')) return name.toLowerCase().endsWith(wanted);
    // A browser may not know a type that the hub knows by the name: that is for the hub to say.
    return type === '' || (wanted.endsWith('/*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted);
  });
}
