/** The app as a test shows it: connected, and told what happens. */

import { render } from 'preact';
import { act } from 'preact/test-utils';
import { vi } from 'vitest';

import { Connection } from '../src/connection.js';
import type { Event } from '../src/frames.js';
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

export class ShownApp {
  readonly root = document.createElement('div');
  readonly backend = new FakeBackend();
  private readonly connection = new Connection(
    this.backend,
    'demo',
    new TabStorage(new FakeKeep(), '/ demo'),
    new FakeClock(),
  );
  private seq = 0;

  static async open(): Promise<ShownApp> {
    vi.stubGlobal('ResizeObserver', Observer);
    vi.stubGlobal('requestAnimationFrame', (callback: () => void) => {
      queueMicrotask(callback);
      return 1;
    });
    const shown = new ShownApp();
    document.body.replaceChildren(shown.root);
    await act(async () => {
      render(<App connection={shown.connection} title="demo" />, shown.root);
      shown.connection.start();
      await Promise.resolve();
    });
    await act(async () => {
      shown.backend.line.listener.onOpen();
      shown.backend.line.arrive(welcome());
      await Promise.resolve();
    });
    return shown;
  }

  async happen(...changes: Event[]): Promise<void> {
    await act(async () => {
      this.backend.line.arrive(...changes.map((change) => event(++this.seq, change)));
      await Promise.resolve();
    });
  }

  close(): void {
    this.connection.stop();
    render(null, this.root);
    vi.unstubAllGlobals();
  }
}
