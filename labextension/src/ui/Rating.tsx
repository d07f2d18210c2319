/** Thumbs under what the bot says, and a comment on it where one has something to say. */

import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import type { Connection } from '../connection.js';
import type { Feedback, Step } from '../frames.js';
import styles from '../style/rating.css?inline';

adopt(styles);

const MAX_COMMENT = 4096;

const THUMBS = [
  { value: 1, label: 'Good answer', path: 'M5 7.2v6H2.8v-6zM5 7.2 7.6 2.3c1 0 1.7.7 1.5 1.9l-.4 2.3h3.4c.8 0 1.3.6 1.2 1.4l-.7 4.1c-.1.7-.6 1.2-1.3 1.2H5' },
  { value: 0, label: 'Bad answer', path: 'M5 8.8v-6H2.8v6zM5 8.8l2.6 4.9c1 0 1.7-.7 1.5-1.9l-.4-2.3h3.4c.8 0 1.3-.6 1.2-1.4l-.7-4.1c-.1-.7-.6-1.2-1.3-1.2H5' },
] as const;

export function Rating({ connection, step }: { readonly connection: Connection; readonly step: Step }) {
  const [isWriting, setIsWriting] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const feedback = ratingOf(connection, step);
  const refused = connection.failed.find(({ command }) => command.type === 'call' && command.about === step.id);
  const isOpen = connection.status.kind !== 'ended';
  const rate = (rated: Feedback | null): void => {
    if (refused !== undefined) connection.dismiss(refused);
    connection.call('on_feedback', rated, step.id);
  };
  const leave = (): void => {
    setIsWriting(false);
    opener.current?.focus();
  };
  return (
    <div class={`jcs-rating ${feedback === null ? '' : 'jcs-rated'}`} role="group" aria-label="Rate this answer">
      {THUMBS.map(({ value, label, path }) => (
        <button
          key={value}
          type="button"
          class="jcs-tool"
          aria-label={label}
          aria-pressed={feedback?.value === value}
          title={feedback?.value === value ? 'Take it back' : label}
          disabled={!isOpen}
          onClick={() => {
            setIsWriting(false);
            rate(feedback?.value === value ? null : { value });
          }}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d={path} />
          </svg>
        </button>
      ))}
      {feedback !== null && isOpen && (
        <button
          type="button"
          class="jcs-link"
          aria-expanded={isWriting}
          ref={opener}
          onClick={() => setIsWriting(!isWriting)}
        >
          {feedback.comment == null || feedback.comment === '' ? 'Add a comment' : 'Your comment'}
        </button>
      )}
      {isWriting && feedback !== null && (
        <Comment
          text={feedback.comment ?? ''}
          onLeave={leave}
          onSave={(comment) => {
            rate(comment === '' ? { value: feedback.value } : { value: feedback.value, comment });
            leave();
          }}
        />
      )}
      {refused !== undefined && (
        <span class="jcs-note" role="alert">
          <span class="jcs-refused">{refused.error.text}</span>{' '}
          <button type="button" class="jcs-link" onClick={() => connection.dismiss(refused)}>
            Dismiss
          </button>
        </span>
      )}
    </div>
  );
}

interface CommentProps {
  readonly text: string;
  readonly onSave: (comment: string) => void;
  readonly onLeave: () => void;
}

function Comment({ text, onSave, onLeave }: CommentProps) {
  const [comment, setComment] = useState(text);
  const input = useRef<HTMLTextAreaElement>(null);
  // At once: what is typed next belongs here.
  useLayoutEffect(() => input.current?.focus(), []);
  return (
    <form
      class="jcs-comment"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(comment.trim());
      }}
      onKeyDown={(event) => event.key === 'Escape' && onLeave()}
    >
      <textarea
        ref={input}
        aria-label="Comment"
        rows={2}
        maxLength={MAX_COMMENT}
        placeholder="What was good about it, or not?"
        value={comment}
        onInput={(event) => setComment(event.currentTarget.value)}
      />
      <span class="jcs-choices">
        <button type="button" class="jcs-quiet" onClick={onLeave}>
          Cancel
        </button>
        <button type="submit" class="jcs-primary">
          Save
        </button>
      </span>
    </form>
  );
}

/** What is thought of it: as it was said last, also where the hub has not confirmed it yet. */
function ratingOf(connection: Connection, step: Step): Feedback | null {
  const said = connection.pending.filter((command) => command.type === 'call' && command.about === step.id).at(-1);
  if (said?.type === 'call') return (said.value ?? null) as Feedback | null;
  return step.feedback ?? null;
}
