/** The chat: the same in a notebook and on a page of its own. */

import { Component } from 'preact';
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';

import type { Connection } from '../connection.js';
import type { Element } from '../frames.js';
import { plainName } from '../markdown.js';
import { Asking, wouldBeLost } from './Asking.js';
import { Composer } from './Composer.js';
import { isHeld, renderHeld } from './holding.js';
import { MessageList } from './MessageList.js';
import { Conversations, EnvForm, Panel, ProfilePicker, Readme, Settings, Starters, Tasks, Toasts } from './later.js';
import { LookingContext } from './looking.js';

export interface AppProps {
  readonly connection: Connection;
  readonly title: string;
  /** The renderers of the front end that shows the widget, where it has any. */
  readonly rendermime?: unknown;
}

export function App({ connection, title, rendermime }: AppProps) {
  useChanges(connection);
  const [opened, open] = useState<Element | null>(null);
  const close = useCallback(() => open(null), []);
  useEffect(close, [connection.session]);
  const looking = useMemo(() => ({ connection, open, rendermime }), [connection, rendermime]);
  const state = connection.conversation?.state;
  const missing = state?.missingEnv ?? [];
  const isEmpty =
    (connection.conversation?.steps.length ?? 0) + connection.pending.length + connection.failed.length === 0 &&
    state?.run === undefined;
  const channel = connection.welcome?.channel;
  const name = channel?.title ?? title;
  return (
    <LookingContext.Provider value={looking}>
      <div
        class="jcs"
        data-lm-suppress-shortcuts="true"
        onKeyDown={(event) => event.stopPropagation()}
        onKeyPress={(event) => event.stopPropagation()}
      >
        <div class="jcs-header">
          <h1 class="jcs-title">{plainName(name)}</h1>
          <Status connection={connection} />
          {state?.['profiles'] !== undefined && <ProfilePicker connection={connection} />}
          {channel?.readme != null && <Readme text={channel.readme} allowRemoteImages={channel.allowRemoteImages === true} />}
          {connection.threads !== null && <Conversations connection={connection} />}
          {state?.['settings'] !== undefined && <Settings key={connection.session} connection={connection} />}
          <NewChat connection={connection} />
        </div>
        {state?.storage !== undefined && (
          <div class="jcs-banner" role="status" aria-label="Storage">
            {state.storage.text}
          </div>
        )}
        {state?.['tasks'] !== undefined && <Tasks state={state['tasks']} />}
        <ErrorBoundary>
          {missing.length > 0 ? (
            <div class="jcs-log-frame">
              <EnvForm connection={connection} names={missing} />
            </div>
          ) : (
            <MessageList connection={connection} />
          )}
          {isEmpty && missing.length === 0 && <Greeting connection={connection} title={name} />}
          <Ending connection={connection} />
        </ErrorBoundary>
        {hasStarters(connection) && <Starters connection={connection} />}
        {missing.length === 0 && <Composer connection={connection} isOpen={canWrite(connection)} />}
        {(opened !== null || state?.['sidebar'] !== undefined) && (
          <Panel opened={opened} sidebar={state?.['sidebar']} onClose={close} />
        )}
        <div class="jcs-toasts" role="status" aria-label="Notices">
          {connection.toasts.length > 0 && <Toasts connection={connection} />}
        </div>
      </div>
    </LookingContext.Provider>
  );
}

/** Whether there is a session that takes what is written, now or when the connection is back. */
function canWrite(connection: Connection): boolean {
  return connection.session !== null && connection.status.kind !== 'ended';
}

/** Before a frame, so many changes are rendered as they come: what one has said is confirmed and answered within one. */
const AT_ONCE = 2;

/**
 * Render again after changes: the first ones at once, while the page has time before the next frame, and those that follow with it. Text that
 * grows is rendered once a frame: more would be thrown away.
 */
function useChanges(connection: Connection): void {
  const [, setVersion] = useState(0);
  useEffect(() => {
    let request = 0;
    let rendered = 0;
    let hasChanged = false;
    const show = (): void => {
      hasChanged = false;
      setVersion((count) => count + 1);
      if (isHeld()) return; // nothing is rendered yet
      rendered += 1;
      request ||= requestAnimationFrame(() => {
        request = rendered = 0;
        if (hasChanged) show();
      });
    };
    connection.onChange = () => {
      hasChanged = true;
      if (rendered < (connection.conversation?.isGrowing === true ? 1 : AT_ONCE)) show();
      renderHeld();
    };
    connection.onChange();
    return () => {
      cancelAnimationFrame(request);
      connection.onChange = () => undefined;
    };
  }, [connection]);
}

/** The state of the connection, in words. */
export function statusText(connection: Connection): { readonly tone: 'good' | 'busy' | 'bad'; readonly text: string } {
  switch (connection.status.kind) {
    case 'connecting':
      return { tone: 'busy', text: 'Connecting…' };
    case 'reconnecting':
      return { tone: 'bad', text: 'Reconnecting…' };
    case 'restarting':
      return { tone: 'busy', text: 'The server is restarting…' };
    case 'absent':
      return { tone: 'bad', text: 'The notebook is not running' };
    case 'off':
      return { tone: 'bad', text: 'Not available' };
    case 'ended':
      return { tone: 'bad', text: 'Ended' };
    case 'connected':
      break;
  }
  switch (connection.conversation?.state.host) {
    case 'gone':
      return { tone: 'bad', text: 'The notebook is not running' };
    case 'busy':
      return { tone: 'busy', text: 'The notebook is running a cell' };
    default:
      return { tone: 'good', text: connection.status.caughtUp === true ? 'Up to date again' : 'Connected' };
  }
}

function Status({ connection }: { readonly connection: Connection }) {
  const { tone, text } = statusText(connection);
  return (
    <span class={`jcs-status jcs-${tone} ${text === 'Connected' ? 'jcs-wordless' : ''}`} role="status" title={text}>
      <span>{text}</span>
    </span>
  );
}

/** Where nothing keeps conversations, a new one is the end of the old: that is asked first, if there is one. */
function NewChat({ connection }: { readonly connection: Connection }) {
  const [isAsking, setIsAsking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setIsAsking(false);
    button.current?.focus();
  };
  const begin = (): void => {
    close();
    connection.newChat();
  };
  return (
    <>
      <button
        type="button"
        class="jcs-quiet jcs-new"
        title="Begin a new conversation"
        ref={button}
        onClick={() => (wouldBeLost(connection) ? setIsAsking(true) : begin())}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M8 3v10M3 8h10" />
        </svg>
        <span>New chat</span>
      </button>
      {isAsking && <Asking onKeep={close} onEnd={begin} />}
    </>
  );
}

/** What one can begin with is offered until one has said something, and not while a question waits, which it would answer. */
function hasStarters(connection: Connection): boolean {
  const { conversation, pending } = connection;
  const state = conversation?.state;
  return (
    (state?.['starters'] ?? state?.['starterCategories']) !== undefined &&
    state?.started === true &&
    pending.length === 0 &&
    conversation?.questions.length === 0 &&
    !conversation.steps.some((step) => step.type === 'user_message') &&
    connection.status.kind !== 'ended'
  );
}

function Greeting({ connection, title }: { readonly connection: Connection; readonly title: string }) {
  const status = connection.status;
  if (status.kind === 'ended') return null;
  if (status.kind === 'absent' || status.kind === 'off') {
    return (
      <div class="jcs-greeting">
        <strong>{status.kind === 'absent' ? 'Nobody is home yet' : 'This chat is off for now'}</strong>
        <span>{status.text} This page joins by itself.</span>
      </div>
    );
  }
  if (connection.conversation?.state.started !== true) return null;
  return (
    <div class="jcs-greeting">
      <strong>{plainName(title)}</strong>
      <span>Write something to begin.</span>
    </div>
  );
}

function Ending({ connection }: { readonly connection: Connection }) {
  const status = connection.status;
  if (status.kind !== 'ended') return null;
  return (
    <div class="jcs-ending" role="alert">
      <span>{status.text}</span>
      {status.remedy === 'begin' && (
        <button type="button" class="jcs-primary" onClick={() => connection.newChat()}>
          Start a new chat
        </button>
      )}
      {status.remedy === 'reload' && (
        <button type="button" class="jcs-primary" onClick={() => location.reload()}>
          Reload the page
        </button>
      )}
    </div>
  );
}

/** What one message breaks must not take the chat away. */
class ErrorBoundary extends Component<{ readonly children: ComponentChildren }, { readonly error: string | null }> {
  override state = { error: null };

  static override getDerivedStateFromError(error: unknown): { error: string } {
    return { error: String(error) };
  }

  render({ children }: { readonly children: ComponentChildren }, { error }: { readonly error: string | null }) {
    if (error === null) return children;
    return (
      <div class="jcs-ending" role="alert">
        <span>This conversation could not be shown ({error}).</span>
        <button type="button" class="jcs-primary" onClick={() => this.setState({ error: null })}>
          Try again
        </button>
      </div>
    );
  }
}
