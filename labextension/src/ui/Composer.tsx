/** Where one writes: a message, or the answer to the question that is open. */

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import type { Connection } from '../connection.js';
import { MAX_TEXT } from '../frames.js';
import { codePoints } from '../conversation.js';
import { AttachButton, FileInput } from './AttachButton.js';
import { useAttaching } from './attaching.js';
import { NOTHING_TO_CHOOSE } from './choosing.js';
import { renderLater } from './holding.js';
import { AttachmentList, ComposerChoices, FileQuestion } from './later.js';

/** Where the style sheet lets the field grow with its text, nothing need be measured, which would lay the page out for each key. */
const GROWS_BY_ITSELF = globalThis.CSS?.supports?.('field-sizing', 'content') === true;

export function Composer({ connection, isOpen }: { readonly connection: Connection; readonly isOpen: boolean }) {
  const [text, setText] = useState(connection.draft);
  const [wasTooMuch, setWasTooMuch] = useState(false);
  const input = useRef<HTMLTextAreaElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const { attachments, about, allowed, ready, attach, onPaste, onSaid } = useAttaching(connection, form);
  const choose = (): void => chooser.current?.click();
  const conversation = connection.conversation;
  const question = connection.textQuestion;
  const choice = conversation?.questions.find(({ kind }) => kind === 'action');
  const choosing = useRef(NOTHING_TO_CHOOSE);
  const isRunning = conversation?.state.run !== undefined;
  const excess = text.length > MAX_TEXT ? codePoints(text) - MAX_TEXT : 0;
  const isForFiles = about !== null;
  // What is attached for a message waits while a question is answered with text.
  const files = allowed === null ? [] : ready;
  const canSend =
    isOpen && files !== null && (isForFiles ? files.length > 0 : (text.trim() !== '' || files.length > 0) && excess <= 0);

  useLayoutEffect(() => {
    const element = input.current;
    if (element === null || GROWS_BY_ITSELF) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight}px`; // the style sheet says how much at most
  }, [text]);

  const write = (written: string): void => {
    setText(written);
    connection.draft = written;
  };
  const send = (): void => {
    if (!canSend) return;
    const chosen = isForFiles ? {} : choosing.current.beside();
    const wasTaken = connection.say(isForFiles ? '' : text, files.length > 0 ? { ...chosen, files } : chosen);
    setWasTooMuch(!wasTaken);
    if (wasTaken && !isForFiles) {
      write('');
      choosing.current.onSent();
    }
    if (wasTaken && files.length > 0) onSaid();
    // The button that was pressed is disabled now, and would take the focus with it.
    input.current?.focus();
  };
  const stop = (): void => {
    connection.stopRun();
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes, Enter picks a candidate (keyCode 229 in browsers that end composing first).
    if (event.isComposing || event.keyCode === 229 || choosing.current.onKey(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      renderLater(send);
    } else if (event.key === 'Escape') {
      input.current?.blur();
    }
  };
  const placeholder =
    question !== undefined ? 'Type your answer…' : (connection.welcome?.channel.placeholder ?? 'Type a message…');

  return (
    <form
      class="jcs-composer"
      ref={form}
      onPaste={onPaste}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {question !== undefined && <QuestionHint key={question.id} connection={connection} questionId={question.id} />}
      {choice !== undefined && <QuestionHint key={choice.id} connection={connection} questionId={choice.id} />}
      {excess > 0 && <div class="jcs-hint jcs-refused">{excess} characters too many</div>}
      {wasTooMuch && connection.pending.length > 0 && (
        <div class="jcs-hint" role="status">
          Too much waits to be sent already. Your text stays here; send it when the rest is through.
        </div>
      )}
      {attachments !== null && allowed !== null && <AttachmentList attachments={attachments} about={about} />}
      {allowed !== null && <FileInput allowed={allowed} input={chooser} onFiles={attach} />}
      <div class="jcs-input">
        {isForFiles && allowed !== null ? (
          <FileQuestion allowed={allowed} isFull={(files?.length ?? 0) >= (allowed.maxFiles ?? Infinity)} onChoose={choose} />
        ) : (
          <>
            {allowed !== null && <AttachButton onChoose={choose} />}
            <textarea
              ref={input}
              aria-label="Message"
              rows={1}
              value={text}
              placeholder={placeholder}
              onInput={(event) => write(event.currentTarget.value)}
              onKeyDown={onKeyDown}
            />
          </>
        )}
        {isRunning && (
          <button type="button" class="jcs-stop" aria-label="Stop" title="Stop" onClick={stop}>
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <rect x="3.5" y="3.5" width="9" height="9" rx="1.5" />
            </svg>
          </button>
        )}
        <button type="submit" class="jcs-send" aria-label="Send" title="Send" disabled={!canSend}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M8 13V3M3.5 7.5 8 3l4.5 4.5" />
          </svg>
        </button>
      </div>
      {question === undefined && (conversation?.state['commands'] ?? conversation?.state['modes']) !== undefined && (
        <ComposerChoices connection={connection} text={text} write={write} input={input} choosing={choosing} />
      )}
    </form>
  );
}

/** Which question is answered, and how much time is left for it; the hub is who counts. */
function QuestionHint({ connection, questionId }: { readonly connection: Connection; readonly questionId: string }) {
  const [, tick] = useState(0);
  const seenAt = useRef(performance.now());
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const question = connection.conversation?.questions.find((open) => open.id === questionId);
  const step = connection.conversation?.steps.find((asked) => asked.id === question?.stepId);
  const told = connection.welcome?.remainingS?.[questionId];
  const since = told === undefined ? seenAt.current : connection.welcomedAt;
  const left = Math.max(0, Math.round((told ?? question?.timeoutS ?? 60) - (performance.now() - since) / 1000));
  return (
    <div class="jcs-hint">
      <span>
        {question?.kind === 'action' ? 'Choose above: ' : 'Answering: '}
        <q>{(step?.output ?? '').replace(/\s+/g, ' ').slice(0, 200)}</q>
      </span>
      <span class="jcs-clock" aria-hidden="true">
        {Math.floor(left / 60)}:{String(left % 60).padStart(2, '0')}
      </span>
    </div>
  );
}
