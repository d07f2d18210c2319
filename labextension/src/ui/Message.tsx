/** One step of the conversation, as people see it. */

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { copyText } from '../clipboard.js';
import type { Step } from '../frames.js';
import { plainName } from '../markdown.js';
import { Markdown } from './Markdown.js';

export interface MessageProps {
  readonly step: Step;
  /** The step before is by the same author: the name is not said again. */
  readonly isContinued: boolean;
  /** What to say below a user's message, if anything. */
  readonly note: string | null;
  readonly allowRemoteImages: boolean;
}

export function Message({ step, isContinued, note, allowRemoteImages }: MessageProps) {
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
      <div class={`jcs-body ${step.streaming === true ? 'jcs-streaming' : ''}`}>
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
      {note !== null && <div class="jcs-note">{note}</div>}
      {!isMine && step.streaming !== true && text !== '' && <CopyButton text={text} />}
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
  return (
    <div class="jcs-author">
      <span class="jcs-avatar" aria-hidden="true">
        {[...name][0]?.toUpperCase() ?? '•'}
      </span>
      <bdi>{name}</bdi>
    </div>
  );
}

export function Pending({ text, children }: { readonly text: string; readonly children: ComponentChildren }) {
  return (
    <div class="jcs-message jcs-mine jcs-pending">
      <div class="jcs-body">
        <Markdown text={text} isStreaming={false} allowRemoteImages={false} />
      </div>
      <div class="jcs-note">{children}</div>
    </div>
  );
}

/** Show text as code: the fence is longer than any in the text. */
function fence(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map((match) => match[0].length));
  const marks = '`'.repeat(longest + 1);
  return `${marks}${language}\n${text}\n${marks}`;
}
