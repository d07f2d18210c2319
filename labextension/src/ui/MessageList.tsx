/** The conversation, scrolled to its end unless somebody reads further up. */

import { useMemo, useState } from 'preact/hooks';

import type { Connection } from '../connection.js';
import type { SessionState, Step } from '../frames.js';
import { Message, Pending } from './Message.js';
import { useScrolling } from './scrolling.js';

const ORDINALS = ['', '1st', '2nd', '3rd'];

export function MessageList({ connection }: { readonly connection: Connection }) {
  const conversation = connection.conversation;
  const steps = conversation?.steps ?? [];
  const state = conversation?.state ?? {};
  const arrived = new Set(steps.map((step) => step.clientId));
  const pending = connection.pending.filter((command) => !arrived.has(command.clientId));
  const { frame, content, hasNews, onScroll, toEnd } = useScrolling(steps[0]?.id, steps.at(-1), pending.length);

  return (
    <div class="jcs-log-frame">
      <div class="jcs-log" role="log" aria-label="Conversation" tabIndex={0} ref={frame} onScroll={onScroll}>
        <div class="jcs-column" ref={content}>
          {(conversation?.earlier ?? 0) > 0 && <Earlier connection={connection} />}
          {steps.map((step, index) => (
            <MemoMessage
              key={step.id}
              step={step}
              isContinued={isContinued(steps[index - 1], step)}
              note={noteFor(step, steps, state)}
              allowRemoteImages={connection.welcome?.channel.allowRemoteImages === true}
            />
          ))}
          {isThinking(steps, state, (conversation?.questions.length ?? 0) > 0) && (
            <div class="jcs-thinking" role="img" aria-label="An answer is on its way">
              <i />
              <i />
              <i />
            </div>
          )}
          {pending.map(
            (command) =>
              command.type !== 'env' && command.type !== 'retry' && (
                <Pending key={command.clientId} text={command.text}>
                  Sending…
                </Pending>
              ),
          )}
          {connection.failed.map((failed) => (
            <Pending key={failed.command.clientId} text={'text' in failed.command ? failed.command.text : ''}>
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
          ))}
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

function Earlier({ connection }: { readonly connection: Connection }) {
  const [label, setLabel] = useState('Show earlier messages');
  const show = (): void => {
    setLabel('Loading…');
    void connection.showEarlier().then(
      () => setLabel('Show earlier messages'),
      () => setLabel('They could not be loaded. Try again'),
    );
  };
  return (
    <button type="button" class="jcs-quiet jcs-earlier" onClick={show} disabled={label === 'Loading…'}>
      {label}
    </button>
  );
}

/** A step is never changed in place, so an unchanged one need not be looked at again. */
function MemoMessage(props: Parameters<typeof Message>[0]) {
  const { step, isContinued, note, allowRemoteImages } = props;
  return useMemo(() => <Message {...props} />, [step, isContinued, note, allowRemoteImages]);
}

function isContinued(before: Step | undefined, step: Step): boolean {
  return before !== undefined && before.name === step.name && before.type === step.type;
}

/** What became of a user's message, where that is worth a word. */
export function noteFor(step: Step, steps: readonly Step[], state: SessionState): string | null {
  switch (step.status) {
    case 'queued': {
      if (state.host === 'busy') return 'Waiting: the notebook is running a cell';
      if (state.host === 'gone') return 'Stored: it will be answered when the notebook runs again';
      const ahead = steps.filter((other) => other.status === 'queued' || other.status === 'running');
      const place = ahead.indexOf(step) + 1;
      return place > 1 ? `Waiting, ${ORDINALS[place] ?? `${place}th`} in line` : null;
    }
    case 'cancelled':
      return 'Stopped';
    case 'interrupted':
      return 'Interrupted: the notebook was restarted before the answer was complete';
    default:
      return null;
  }
}

function isThinking(steps: readonly Step[], state: SessionState, hasQuestion: boolean): boolean {
  const last = steps[steps.length - 1];
  return state.run !== undefined && !hasQuestion && last?.streaming !== true;
}
