/**
 * What the widget carries into a notebook: a few lines that fetch the chat from the server, or from the kernel where there is no server.
 */

import type { mount } from './chat.js';

interface Model {
  /** The front end's own; not every one has it. */
  readonly widget_manager?: { readonly rendermime?: unknown };
  get(name: string): unknown;
  send(content: unknown): void;
  on(event: string, callback: (content: unknown) => void): void;
  off(event: string, callback: (content: unknown) => void): void;
}

interface Chat {
  readonly mount: typeof mount;
}

interface Context {
  readonly model: Model;
  readonly el: HTMLElement;
}

const BUNDLE_TIMEOUT_MS = 10_000;

function jupyterConfig(): { readonly baseUrl?: string; readonly token?: string } {
  try {
    return JSON.parse(document.getElementById('jupyter-config-data')?.textContent ?? '{}') as { baseUrl?: string };
  } catch {
    return {};
  }
}

async function fromServer(baseUrl: string, version: string): Promise<Chat> {
  const place = new URL(`${baseUrl}static/jupyter_chat_sessions/`, location.href).href;
  const style = `${place}chat.css?v=${version}`;
  if (document.querySelector(`link[href="${style}"]`) === null) {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = style;
    document.head.append(link);
  }
  return (await import(/* webpackIgnore: true */ `${place}chat.js?v=${version}`)) as Chat;
}

function fromKernel(model: Model): Promise<Chat> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The kernel does not answer.')), BUNDLE_TIMEOUT_MS);
    const onMessage = (content: unknown): void => {
      const message = content as { kind?: string; script?: string; style?: string };
      if (message.kind !== 'bundle') return;
      clearTimeout(timer);
      model.off('msg:custom', onMessage);
      if (document.getElementById('jcs-style') === null) {
        const style = document.createElement('style');
        style.id = 'jcs-style';
        style.textContent = message.style ?? '';
        document.head.append(style);
      }
      const url = URL.createObjectURL(new Blob([message.script ?? ''], { type: 'text/javascript' }));
      resolve((import(/* webpackIgnore: true */ url) as Promise<Chat>).finally(() => URL.revokeObjectURL(url)));
    };
    model.on('msg:custom', onMessage);
    model.send({ kind: 'bundle' });
  });
}

async function show({ model, el }: Context): Promise<() => void> {
  const { baseUrl, token } = jupyterConfig();
  const isServed = model.get('mode') === 'server' && baseUrl !== undefined;
  const chat = isServed
    ? await fromServer(baseUrl, String(model.get('static_version'))).catch(() => fromKernel(model))
    : await fromKernel(model);
  const frame = document.createElement('div');
  frame.className = 'jcs-widget jp-ThemedContainer';
  frame.style.height = String(model.get('height'));
  el.replaceChildren(frame);
  const channel = String(model.get('channel'));
  const title = String(model.get('title'));
  const onSession = (session: string): void => model.send({ kind: 'shown', session });
  const shared = { channel, title, onSession, rendermime: model.widget_manager?.rendermime };
  return isServed
    ? chat.mount(frame, { ...shared, baseUrl, token: token ?? '' })
    : chat.mount(frame, { ...shared, kernel: model, notebook: String(model.get('notebook')) });
}

function render(context: Context): () => void {
  let leave: (() => void) | null = null;
  let hasLeft = false;
  context.el.textContent = 'The chat is loading…';
  show(context)
    .then((left) => {
      if (hasLeft) left();
      else leave = left;
    })
    .catch(() => {
      context.el.textContent = 'The notebook is not running. Run the cell to chat.';
    });
  return () => {
    hasLeft = true;
    leave?.();
  };
}

export default { render };
