/** The conversation, scrolled to its end unless somebody reads further up. */

import { useEffect, useRef, useState } from 'preact/hooks';

import type { Connection } from '../connection.js';
import { isCall, isTrace } from '../conversation.js';
import type { Command, SessionState, Step } from '../frames.js';
import { Pending } from './Message.js';
import { Said, canEditNow } from './Said.js';
import { Trace, isGoingOn, nestedIn } from './Trace.js';
import { useScrolling } from './scrolling.js';

/** How far above what is seen something is fetched. */
const NEAR = '1200px 0px 0px 0px';
const NO_CALLS: readonly Step[] = [];

export function MessageList({ connection }: { readonly connection: Connection }) {
  const conversation = connection.conversation;
  const all = conversation?.steps ?? [];
  const steps = all.filter((step) => !isCall(step));
  const calls = callsOf(all);
  const nested = nestedIn(steps);
  const allowRemoteImages = connection.welcome?.channel.allowRemoteImages === true;
  const state = conversation?.state ?? {};
  const arrived = new Set(steps.map((step) => step.clientId));
  const pending = connection.pending.filter((command) => isSaying(command) && !arrived.has(command.clientId));
  const { frame, content, isAtEnd, hasNews, onScroll, toEnd } = useScrolling(steps[0]?.id, steps.at(-1), pending.length);
  const forgetOlder = (): void => {
    if (isAtEnd.current) connection.forgetOlder();
  };
  useEffect(forgetOlder);
  const onScrolled = (): void => {
    onScroll();
    forgetOlder();
  };

  return (
    <div class="jcs-log-frame">
      <div
        class="jcs-log"
        role="log"
        aria-label="Conversation"
        tabIndex={0}
        data-can-edit={canEditNow(connection) ? '' : undefined}
        ref={frame}
        onScroll={onScrolled}
      >
        <div class="jcs-column" ref={content}>
          {(conversation?.earlier ?? 0) > 0 && <Earlier connection={connection} first={steps[0]?.id} />}
          {steps.map((step, index) =>
            isTrace(step) ? (
              nested.has(step.id) ? null : (
                <Trace key={step.id} step={step} steps={steps} nested={nested} allowRemoteImages={allowRemoteImages} />
              )
            ) : (
              <Said
                key={step.id}
                connection={connection}
                step={step}
                steps={steps}
                isContinued={isContinued(steps[index - 1], step)}
                calls={calls.get(step.id) ?? NO_CALLS}
                allowRemoteImages={allowRemoteImages}
              />
            ),
          )}
          {isThinking(steps, state, (conversation?.questions.length ?? 0) > 0) && (
            <div class="jcs-thinking" role="img" aria-label="An answer is on its way">
              <i />
              <i />
              <i />
            </div>
          )}
          {connection.failed.map(
            (failed) =>
              'text' in failed.command &&
              textOf(failed.command) !== '' && (
                <Pending key={failed.command.clientId} text={textOf(failed.command)} isSending={false}>
                  <span class="jcs-refused">{failed.error.text}</span>{' '}
                  {connection.status.kind !== 'ended' && (
                    <button type="button" class="jcs-link" onClick={() => connection.retry(failed)}>
                      Send again
                    </button>
                  )}{' '}
                  <button type="button" class="jcs-link" onClick={() => connection.dismiss(failed)}>
                    Discard
                  </button>
                </Pending>
              ),
          )}
          {pending.map(
            (command, index) =>
              'text' in command && (
                <Pending key={command.clientId} text={textOf(command)} isSending>
                  {whyItWaits(connection, index === 0)}
                </Pending>
              ),
          )}
        </div>
      </div>
      {hasNews && (
        <button type="button" class="jcs-news" onClick={toEnd}>
          New messages ↓
        </button>
      )}
    </div>
  );
}

/** Fetches what was said earlier when somebody scrolls near to it, or presses it. */
function Earlier({ connection, first }: { readonly connection: Connection; readonly first: string | undefined }) {
  const [label, setLabel] = useState('Show earlier messages');
  const button = useRef<HTMLButtonElement>(null);
  const show = (): void => {
    setLabel('Loading…');
    void connection.showEarlier().then(
      () => setLabel('Show earlier messages'),
      () => setLabel('They could not be loaded. Try again'),
    );
  };
  useEffect(() => {
    if (button.current === null || typeof IntersectionObserver === 'undefined') return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) show();
      },
      { root: button.current.closest('.jcs-log'), rootMargin: NEAR },
    );
    observer.observe(button.current);
    return () => observer.disconnect();
  }, [connection, first]);
  return (
    <button type="button" class="jcs-quiet jcs-earlier" onClick={show} disabled={label === 'Loading…'} ref={button}>
      {label}
    </button>
  );
}

function isContinued(before: Step | undefined, step: Step): boolean {
  return before !== undefined && before.name === step.name && before.type === step.type;
}

/** Whether something is words, as long as it is on its way: not a press, and not a change of what is shown already. */
function isSaying(command: Command): boolean {
  return command.type === 'message' || (command.type === 'answer' && command.actionId === undefined);
}

/** What was pressed, by the message that it stands under. */
function callsOf(steps: readonly Step[]): ReadonlyMap<string | null | undefined, readonly Step[]> {
  const calls = new Map<string | null | undefined, Step[]>();
  for (const call of steps.filter(isCall)) calls.set(call.parentId, [...(calls.get(call.parentId) ?? []), call]);
  return calls;
}

/** Why something that was said is not in the conversation yet, where that may take a while. */
function whyItWaits(connection: Connection, isFirst: boolean) {
  if (connection.held !== null) return isFirst ? <Held connection={connection} /> : undefined;
  if (connection.status.kind === 'connected') return undefined;
  return connection.isKept
    ? 'Not sent yet: it goes out when the connection is back'
    : 'Not sent yet: keep this page open until the connection is back';
}

/** What was refused for now, and how long until it is tried again. */
function Held({ connection }: { readonly connection: Connection }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = Math.ceil(connection.heldMs / 1000);
  return (
    <>
      {connection.held?.error.text}{' '}
      <span class="jcs-unseen">It is tried again by itself.</span>
      <span class="jcs-clock" aria-hidden="true">
        {left > 0 ? `Trying again in ${left} s.` : 'Trying again…'}
      </span>
    </>
  );
}

/** What is done for these is no answer to anything. */
const SILENT_RUNS: ReadonlySet<string> = new Set(['on_feedback', 'on_window_message']);

function isThinking(steps: readonly Step[], state: SessionState, hasQuestion: boolean): boolean {
  const last = steps[steps.length - 1];
  const isSeen = last !== undefined && (last.streaming === true || (isTrace(last) && isGoingOn(last)));
  return state.run !== undefined && !SILENT_RUNS.has(state.run.name) && !hasQuestion && !isSeen;
}

/** What is shown of something that is not in the conversation yet. */
function textOf(command: { readonly text: string; readonly files?: readonly string[] }): string {
  const count = command.files?.length ?? 0;
  if (command.text !== '' || count === 0) return command.text;
  return count === 1 ? 'One file' : `${count} files`;
}
