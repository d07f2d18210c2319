/** The content of elements: fetched once, a few at a time, and kept for as long as there is room. */

const PARALLEL = 4;
/** More than this is let go, what was used longest ago first: it can be fetched again. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

/** The files of one session. */
export class Files {
  /** @param _fetch Fetches a file by its id. */
  constructor(private readonly _fetch: (id: string) => Promise<Blob>) {}

  /** Return a file's content. One that could not be fetched is fetched again when it is asked for again. */
  read(id: string): Promise<Blob> {
    const kept = this._kept.get(id);
    if (kept !== undefined) {
      this._kept.delete(id);
      this._kept.set(id, kept);
      return kept.content;
    }
    const entry = { content: this._inTurn(id), bytes: 0 };
    this._kept.set(id, entry);
    entry.content.then(
      ({ size }) => {
        entry.bytes = size;
        this._letGo();
      },
      () => this._kept.get(id) === entry && this._kept.delete(id),
    );
    return entry.content;
  }

  private readonly _kept = new Map<string, { readonly content: Promise<Blob>; bytes: number }>();
  private readonly _waiting: (() => void)[] = [];
  private _underWay = 0;

  private async _inTurn(id: string): Promise<Blob> {
    if (this._underWay >= PARALLEL) await new Promise<void>((resolve) => this._waiting.push(resolve));
    this._underWay += 1;
    try {
      return await this._fetch(id);
    } finally {
      this._underWay -= 1;
      this._waiting.shift()?.();
    }
  }

  private _letGo(): void {
    let total = [...this._kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [id, { bytes }] of this._kept) {
      if (total <= MAX_KEPT_BYTES || this._kept.size === 1) return;
      if (bytes === 0) continue;
      this._kept.delete(id);
      total -= bytes;
    }
  }
}
