/** The conversation, scrolled to its end unless somebody reads further up. */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import type { Connection } from '../connection.js';
import { isCall, isTrace, isUnfinished } from '../conversation.js';
import type { Command, SessionState, Step } from '../frames.js';
import { plainName } from '../markdown.js';
import { Actions } from './Actions.js';
import { Message, Pending, isCutOff } from './Message.js';
import type { Mark, Retry } from './Message.js';
import { Trace, isGoingOn, nestedIn } from './Trace.js';
import { EditMessage, Rating } from './later.js';
import { useScrolling } from './scrolling.js';

/** How far above what is seen something is fetched. */
const NEAR = '1200px 0px 0px 0px';
const NO_CALLS: readonly Step[] = [];
const ORDINALS = ['', '1st', '2nd', '3rd'];

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

interface SaidProps {
  readonly connection: Connection;
  readonly step: Step;
  readonly steps: readonly Step[];
  readonly isContinued: boolean;
  readonly calls: readonly Step[];
}

/** A message with what belongs to it. A step is never changed in place, so an unchanged one need not be looked at again. */
function Said({ connection, step, steps, isContinued, calls }: SaidProps) {
  const [isEditing, setIsEditing] = useState(false);
  const state = connection.conversation?.state ?? {};
  const allowRemoteImages = connection.welcome?.channel.allowRemoteImages === true;
  const note = refusedRetry(connection, step) ?? noteFor(step, steps, state);
  const mark = markFor(step, steps, state);
  const retry = retryFor(connection, step);
  const canEdit = isEditable(connection, step);
  const onEdit = canEdit ? () => setIsEditing(true) : null;
  const props = { step, isContinued, note, mark, retry, onEdit, allowRemoteImages };
  const shown = useMemo(
    () => <Message {...props} />,
    [step, isContinued, note, mark, retry?.isPending, canEdit, allowRemoteImages],
  );
  return (
    <>
      {isEditing ? <Editing connection={connection} step={step} onLeave={() => setIsEditing(false)} /> : shown}
      {state['feedback'] === true && canBeRated(step) && <Rating connection={connection} step={step} />}
      {(step.actions !== undefined || calls.length > 0 || connection.failed.length > 0) && (
        <Actions connection={connection} step={step} calls={calls} />
      )}
    </>
  );
}

interface EditingProps {
  readonly connection: Connection;
  readonly step: Step;
  readonly onLeave: () => void;
}

function Editing({ connection, step, onLeave }: EditingProps) {
  const canSend = isEditable(connection, step) && canEditNow(connection);
  const save = (text: string): void => {
    if (canSend && connection.edit(step.id, text)) onLeave();
  };
  return (
    <article class="jcs-message jcs-mine" aria-label={plainName(step.name)} data-step-id={step.id} data-step-type={step.type}>
      <EditMessage text={step.output ?? ''} canSend={canSend} onSave={save} onLeave={onLeave} />
    </article>
  );
}

function isContinued(before: Step | undefined, step: Step): boolean {
  return before !== undefined && before.name === step.name && before.type === step.type;
}

/** Whether something is words, as long as it is on its way: not a press, and not a change of what is shown already. */
function isSaying(command: Command): boolean {
  return command.type === 'message' || (command.type === 'answer' && command.actionId === undefined);
}

/** What became of a user's message, where that is worth a word. */
export function noteFor(step: Step, steps: readonly Step[], state: SessionState): string | null {
  if (isCutOff(step)) return 'Cut off: the notebook stopped here';
  switch (step.status) {
    case 'queued': {
      if (state.host === 'busy') return 'Waiting: the notebook is running a cell';
      if (state.host === 'gone') return 'Stored: it will be answered when the notebook runs again';
      const ahead = steps.filter((other) => isUnfinished(other.status));
      const place = ahead.indexOf(step) + 1;
      return place > 1 ? `Waiting, ${ORDINALS[place] ?? `${place}th`} in line` : null;
    }
    case 'cancelled':
      return 'Stopped';
    case 'interrupted':
      return 'Interrupted: the notebook stopped before the answer was complete.';
    default:
      return null;
  }
}

/** The small sign beside a user's message that has nothing written below it. */
export function markFor(step: Step, steps: readonly Step[], state: SessionState): Mark | null {
  if (step.type !== 'user_message' || noteFor(step, steps, state) !== null) return null;
  return step.status === 'queued' ? 'sent' : step.status === 'running' ? 'answering' : null;
}

function retryFor(connection: Connection, step: Step): Retry | null {
  if (step.type !== 'user_message' || step.status !== 'interrupted' || connection.status.kind === 'ended') return null;
  return { isPending: connection.isRetrying(step.id), run: () => connection.retryRun(step.id) };
}

/** What was said to a handler can be changed; an answer to a question cannot. */
function isEditable(connection: Connection, step: Step): boolean {
  const isSaid = step.type === 'user_message' && step.clientId != null && step.status != null;
  return isSaid && !isUnfinished(step.status) && connection.welcome?.channel.canEdit !== false;
}

/** While something is answered, nothing is edited. */
function canEditNow(connection: Connection): boolean {
  const isQuiet = connection.conversation?.state.run === undefined && connection.pending.length === 0;
  return isQuiet && connection.status.kind === 'connected';
}

/** What was pressed, by the message that it stands under. */
function callsOf(steps: readonly Step[]): ReadonlyMap<string | null | undefined, readonly Step[]> {
  const calls = new Map<string | null | undefined, Step[]>();
  for (const call of steps.filter(isCall)) calls.set(call.parentId, [...(calls.get(call.parentId) ?? []), call]);
  return calls;
}

function refusedRetry(connection: Connection, step: Step): string | null {
  if (step.status !== 'interrupted') return null;
  if (connection.held !== null && connection.isRetrying(step.id)) return connection.held.error.text;
  const refused = connection.failed.find(({ command }) => command.type === 'retry' && command.stepId === step.id);
  return refused?.error.text ?? null;
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

/** What the bot has said, and not what it asks or what went wrong. */
function canBeRated(step: Step): boolean {
  return step.type === 'assistant_message' && step.streaming !== true && step.isError !== true && step.waitForAnswer !== true;
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
