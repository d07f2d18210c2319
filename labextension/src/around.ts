/**
 * The window around the chat. In a notebook it listens at the chat's element for `chat-sessions-message`, and says something with
 * `chat-sessions-post`; a page that shows the chat in a frame does so with `postMessage`, if it comes from the same origin.
 */

import type { Connection } from './connection.js';

/** Join a chat to the events at its element; return what takes them apart again. */
export function joinElement(element: HTMLElement, connection: Connection): () => void {
  connection.onWindowMessage = (detail) =>
    void element.dispatchEvent(new CustomEvent('chat-sessions-message', { detail, bubbles: true }));
  const onPost = (event: Event): void => {
    let said: unknown;
    try {
      said = JSON.parse(JSON.stringify((event as CustomEvent<unknown>).detail ?? null));
    } catch {
      return; // What is no JSON cannot be sent, and is nobody's message.
    }
    connection.call('on_window_message', said);
  };
  element.addEventListener('chat-sessions-post', onPost);
  return () => element.removeEventListener('chat-sessions-post', onPost);
}

/** Join the events at a chat's element to the window that shows its page in a frame. */
export function joinParent(element: HTMLElement, page: Window = window): void {
  const { parent, origin } = page;
  if (parent === page) return;
  element.addEventListener('chat-sessions-message', (event) => parent.postMessage((event as CustomEvent<unknown>).detail, origin));
  page.addEventListener('message', ({ source, origin: from, data: detail }: MessageEvent<unknown>) => {
    if (source !== parent || from !== origin) return;
    element.dispatchEvent(new CustomEvent('chat-sessions-post', { detail }));
  });
}
