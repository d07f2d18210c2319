/** Conversations of before: a person's own, in one channel, as the server keeps them. */

export interface Thread {
  readonly thread: string;
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export type ExportFormat = 'markdown' | 'json' | 'notebook';

const EXTENSIONS: Readonly<Record<ExportFormat, string>> = { markdown: 'md', json: 'json', notebook: 'ipynb' };

export interface Threads {
  /** The newest first. */
  list(channel: string): Promise<readonly Thread[]>;
  remove(thread: string): Promise<void>;
  export(thread: string, format: ExportFormat): Promise<Blob>;
}

type Request = (path: string, method: 'GET' | 'DELETE') => Promise<Response>;

/** The threads behind the Jupyter server. */
export class ServerThreads implements Threads {
  /** @param _request Asks the server for a path below `api/chat-sessions/`; rejects with `Refused`. */
  constructor(private readonly _request: Request) {}

  async list(channel: string): Promise<readonly Thread[]> {
    const response = await this._request(`threads?channel=${encodeURIComponent(channel)}`, 'GET');
    const { threads } = (await response.json()) as { threads?: unknown };
    return Array.isArray(threads) ? threads.filter(isThread) : [];
  }

  async remove(thread: string): Promise<void> {
    await this._request(`threads/${encodeURIComponent(thread)}`, 'DELETE');
  }

  async export(thread: string, format: ExportFormat): Promise<Blob> {
    return (await this._request(`threads/${encodeURIComponent(thread)}/export?format=${format}`, 'GET')).blob();
  }
}

/** How the file of an export is called: after the conversation, without what file systems and shells do not like. */
export function fileName(name: string, format: ExportFormat): string {
  const plain = name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '');
  return `${[...plain].slice(0, 60).join('') || 'conversation'}.${EXTENSIONS[format]}`;
}

function isThread(value: unknown): value is Thread {
  const record = value as Partial<Thread> | null;
  return typeof record?.thread === 'string' && typeof record.name === 'string' && typeof record.updatedAt === 'string';
}
