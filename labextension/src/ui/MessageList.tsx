/** The conversation, scrolled to its end unless somebody reads further up. */

import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import type { Connection } from '../connection.js';
import type { SessionState, Step } from '../frames.js';
import { Message, Pending } from './Message.js';

const NEAR_END_PX = 48;
const ORDINALS = ['', '1st', '2nd', '3rd'];

export function MessageList({ connection, version }: { readonly connection: Connection; readonly version: number }) {
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [hasNews, setHasNews] = useState(false);
  const conversation = connection.conversation;
  const steps = conversation?.steps ?? [];
  const state = conversation?.state ?? {};

  useLayoutEffect(() => {
    const element = log.current;
    if (element === null) return;
    if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    else setHasNews(true);
  }, [version]);

  const onScroll = (): void => {
    const element = log.current;
    if (element === null) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    if (isAtEnd.current) setHasNews(false);
  };
  const toEnd = (): void => {
    isAtEnd.current = true;
    setHasNews(false);
    log.current?.scrollTo({ top: log.current.scrollHeight, behavior: 'smooth' });
  };

  return (
    <div class="jcs-log-frame">
      <div class="jcs-log" role="log" aria-label="Conversation" tabIndex={0} ref={log} onScroll={onScroll}>
        <div class="jcs-column">
          {(conversation?.earlier ?? 0) > 0 && (
            <button type="button" class="jcs-quiet" onClick={() => void connection.showEarlier()}>
              Show earlier messages
            </button>
          )}
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
          {connection.pending.map(
            (command) =>
              command.type !== 'env' && (
                <Pending key={command.clientId} text={command.text}>
                  Sending…
                </Pending>
              ),
          )}
          {connection.failed.map((failed) => (
            <Pending key={failed.command.clientId} text={'text' in failed.command ? failed.command.text : ''}>
              <span class="jcs-refused">{failed.error.text}</span>{' '}
              <button type="button" class="jcs-link" onClick={() => connection.retry(failed)}>
                Send again
              </button>{' '}
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
