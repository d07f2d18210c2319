/** One step of the conversation, as people see it. */

import type { ComponentChildren } from 'preact';
import { useContext, useState } from 'preact/hooks';

import { copyText } from '../clipboard.js';
import type { Step } from '../frames.js';
import { plainName } from '../markdown.js';
import { Markdown } from './Markdown.js';
import { Elements, FilePicture } from './later.js';
import { LookingContext } from './looking.js';

export interface MessageProps {
  readonly step: Step;
  /** The step before is by the same author: the name is not said again. */
  readonly isContinued: boolean;
  /** What to say below it, if anything. */
  readonly note: string | null;
  readonly mark: Mark | null;
  /** Present where it can be answered again; disabled while that is under way. */
  readonly retry: Retry | null;
  /** Present where it is one's own to change; whether it can be now, the conversation says for all of them. */
  readonly onEdit: (() => void) | null;
  readonly allowRemoteImages: boolean;
}

export interface Retry {
  readonly isPending: boolean;
  readonly run: () => void;
}

/** Where a message of one's own has got to, for as long as that is of interest. */
export type Mark = 'sending' | 'sent' | 'answering';

export function Message({ step, isContinued, note, mark, retry, onEdit, allowRemoteImages }: MessageProps) {
  const name = plainName(step.name);
  const isMine = step.type === 'user_message';
  const text = step.output ?? '';
  const traceback = step.metadata?.['traceback'];
  return (
    <article
      class={`jcs-message ${isMine ? 'jcs-mine' : 'jcs-theirs'} ${step.isError === true ? 'jcs-error' : ''}`}
      aria-label={name}
      data-step-id={step.id}
      data-step-type={step.type}
      aria-busy={step.streaming === true}
    >
      {!isContinued && !isMine && <Author name={name} />}
      {mark !== null && <MarkIcon mark={mark} />}
      {isMine && step.command != null && <div class="jcs-note">{plainName(step.command)}</div>}
      <div class={`jcs-body ${step.streaming === true ? 'jcs-streaming' : ''} ${isCutOff(step) ? 'jcs-cut-off' : ''}`}>
        {step.isError === true && (
          <svg viewBox="0 0 16 16" role="img" aria-label="Error">
            <path d="M8 2.5 14 13H2zM8 6v3M8 11v.1" />
          </svg>
        )}
        {step.language != null && step.language !== '' ? (
          <Markdown
            text={fence(text, step.language)}
            isStreaming={step.streaming === true}
            allowRemoteImages={allowRemoteImages}
          />
        ) : (
          <Markdown text={text} isStreaming={step.streaming === true} allowRemoteImages={allowRemoteImages} />
        )}
        {typeof traceback === 'string' && (
          <details class="jcs-traceback">
            <summary>Traceback</summary>
            <pre>{traceback}</pre>
          </details>
        )}
      </div>
      {step.elements !== undefined && <Elements elements={step.elements} isMine={isMine} />}
      {(note !== null || retry !== null) && (
        <div class="jcs-note">
          {note}{' '}
          {retry !== null && (
            <button type="button" class="jcs-link" disabled={retry.isPending} onClick={retry.run}>
              Retry
            </button>
          )}
        </div>
      )}
      {!isMine && step.streaming !== true && text !== '' && <CopyButton text={text} />}
      {onEdit !== null && (
        <button
          type="button"
          class="jcs-copy jcs-edit"
          aria-label="Edit your message"
          title="Edit"
          onClick={onEdit}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M10.5 3 13 5.5 6 12.5l-3 .5.5-3z" />
          </svg>
        </button>
      )}
    </article>
  );
}

/** Copies a message as it was written. Quiet until the message is pointed at or reached by the keyboard. */
function CopyButton({ text }: { readonly text: string }) {
  const [isCopied, setIsCopied] = useState(false);
  const copy = (): void => {
    void copyText(text).then(setIsCopied);
  };
  return (
    <button
      type="button"
      class="jcs-copy"
      aria-label="Copy message"
      title={isCopied ? 'Copied' : 'Copy'}
      onClick={copy}
      onBlur={() => setIsCopied(false)}
      onMouseLeave={() => setIsCopied(false)}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {isCopied ? (
          <path d="M3 8.5 6.5 12 13 4.5" />
        ) : (
          <path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />
        )}
      </svg>
    </button>
  );
}

function Author({ name }: { readonly name: string }) {
  const avatars = useContext(LookingContext)?.connection.conversation?.state['avatars'];
  const avatar = (avatars as Readonly<Record<string, unknown>> | undefined)?.[name.trim().toLowerCase().replace(/[ .]/g, '_')];
  return (
    <div class="jcs-author">
      <span class="jcs-avatar" aria-hidden="true">
        {[...name][0]?.toUpperCase() ?? '•'}
        {typeof avatar === 'string' && <FilePicture icon={avatar} />}
      </span>
      <bdi>{name}</bdi>
    </div>
  );
}

/** A text that was being written when its kernel went away: what there is of it stays. */
export function isCutOff(step: Step): boolean {
  return step.type !== 'user_message' && step.status === 'interrupted';
}

export interface PendingProps {
  readonly text: string;
  readonly isSending: boolean;
  readonly children?: ComponentChildren;
}

/** Something that was said here and is not in the conversation: on its way, or refused. */
export function Pending({ text, isSending, children }: PendingProps) {
  return (
    <div class="jcs-message jcs-mine jcs-pending">
      {isSending && children === undefined && <MarkIcon mark="sending" />}
      <div class="jcs-body">
        <Markdown text={text} isStreaming={false} allowRemoteImages={false} />
      </div>
      {children !== undefined && <div class="jcs-note">{children}</div>}
    </div>
  );
}

const MARK_TEXTS: Readonly<Record<Mark, string>> = {
  sending: 'Sending…',
  sent: 'Sent',
  answering: 'Being answered',
};

/** Stands beside the message, so that nothing moves when it comes and goes. */
function MarkIcon({ mark }: { readonly mark: Mark }) {
  return (
    <span class={`jcs-mark jcs-mark-${mark}`} title={MARK_TEXTS[mark]}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {mark === 'sending' ? <path d="M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M8 5.5V8l2 1.5" /> : <path d="M3 8.5 6.5 12 13 4.5" />}
      </svg>
      <span class="jcs-unseen">{MARK_TEXTS[mark]}</span>
    </span>
  );
}

/** Show text as code: the fence is longer than any in the text. */
export function fence(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map((match) => match[0].length));
  const marks = '`'.repeat(longest + 1);
  return `${marks}${language}\n${text}\n${marks}`;
}
