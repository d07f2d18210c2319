/** The app as a test shows it: connected, and told what happens. */

import { render } from 'preact';
import { act } from 'preact/test-utils';
import { vi } from 'vitest';

import { Connection } from '../src/connection.js';
import type { Event, HubFrame } from '../src/frames.js';
import { TabStorage } from '../src/storage.js';
import { App } from '../src/ui/App.js';
import { FakeBackend, FakeClock, FakeKeep, event, welcome } from './doubles.js';

/** What jsdom leaves out of a browser. */
class Observer {
  observe(): void {}
  disconnect(): void {}
}

export function readText(this: Blob): Promise<string> {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.readAsText(this);
  });
}

/** Let something happen, and what it leads to be drawn. */
export async function after(change: () => void): Promise<void> {
  await act(async () => {
    change();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  });
}

export interface Shown {
  /** What its line says first; null for a line that does not open. */
  readonly frame?: HubFrame | null;
  readonly backend?: FakeBackend;
  readonly clock?: FakeClock;
  readonly keep?: FakeKeep;
  readonly rendermime?: unknown;
}

export class ShownApp {
  readonly root = document.createElement('div');
  private seq = 0;

  private constructor(
    readonly backend: FakeBackend,
    readonly connection: Connection,
  ) {}

  static async open(shown: Shown = {}): Promise<ShownApp> {
    const { frame = welcome(), backend = new FakeBackend(), clock = new FakeClock(), keep = new FakeKeep() } = shown;
    vi.stubGlobal('ResizeObserver', globalThis.ResizeObserver ?? Observer);
    vi.stubGlobal('requestAnimationFrame', (callback: () => void) => {
      queueMicrotask(callback);
      return 1;
    });
    const connection = new Connection(backend, 'demo', new TabStorage(keep, '/ demo'), clock);
    const app = new ShownApp(backend, connection);
    document.body.replaceChildren(app.root);
    await after(() => render(<App connection={connection} title="demo" rendermime={shown.rendermime} />, app.root));
    await after(() => connection.start());
    if (frame !== null) {
      await after(() => {
        backend.line.listener.onOpen();
        backend.line.arrive(frame);
      });
    }
    return app;
  }

  happen(...changes: Event[]): Promise<void> {
    return after(() => this.backend.line.arrive(...changes.map((change) => event(++this.seq, change))));
  }

  /** Take the app off the page, as the page itself does when it goes. */
  leave(): void {
    this.connection.stop();
    render(null, this.root);
  }

  close(): void {
    this.leave();
    vi.unstubAllGlobals();
  }
}
