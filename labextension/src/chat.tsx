/** The chat's one way in, for the widget and for the page. */

import { render } from 'preact';

import { joinElement } from './around.js';
import { KernelBackend, ServerBackend } from './backend.js';
import type { Backend, KernelPort } from './backend.js';
import { Connection } from './connection.js';
import { TabStorage, tabKeep } from './storage.js';
import { App } from './ui/App.js';
import { watchWaking } from './waking.js';

export interface MountOptions {
  readonly channel: string;
  readonly title: string;
  /** The server's base URL, where there is a server with the extension. */
  readonly baseUrl?: string;
  readonly token?: string;
  /** The kernel, where there is none. */
  readonly kernel?: KernelPort;
  /** A text that is the running notebook's alone: two notebooks of one name in a tab have sessions of their own. */
  readonly notebook?: string;
  /** The renderers of the front end that shows the widget, where it has any. */
  readonly rendermime?: unknown;
  /** Called with the session's id when another session is shown. */
  readonly onSession?: (session: string) => void;
}

/** Show a chat in an element; return what takes it away again. */
export function mount(element: HTMLElement, options: MountOptions): () => void {
  const backend: Backend =
    options.kernel !== undefined
      ? new KernelBackend(options.kernel)
      : new ServerBackend(options.baseUrl ?? '/', options.token);
  const place = `${options.kernel === undefined ? (options.baseUrl ?? '/') : `kernel ${options.notebook ?? ''}`} ${options.channel}`;
  const connection = new Connection(backend, options.channel, new TabStorage(tabKeep(), place));
  connection.onSession = options.onSession ?? (() => undefined);
  const stopHearing = joinElement(element, connection);
  const stopWatching = watchWaking(() => connection.probe());
  render(<App connection={connection} title={options.title} rendermime={options.rendermime} />, element);
  connection.start();
  return () => {
    stopHearing();
    stopWatching();
    connection.stop();
    render(null, element);
  };
}
