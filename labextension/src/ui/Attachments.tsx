/** What is attached and not said yet, and where files are given that answer a question. Loaded when the first file is. */

import { adopt } from '../adopt.js';
import { Attachments, limitsText, sizeText } from '../attachments.js';
import type { Attachment } from '../attachments.js';
import type { Connection } from '../connection.js';
import type { Uploads } from '../frames.js';
import styles from '../style/attachments.css?inline';

adopt(styles);

/** The attachments of the session that a connection shows. */
export function openAttachments(connection: Connection): Attachments {
  return new Attachments({
    give: (content, giving) => connection.giveFile(content, giving),
    given: () => connection.givenFiles(),
    takeBack: (file) => connection.takeBackFile(file),
  });
}

export interface AttachmentListProps {
  readonly attachments: Attachments;
  readonly about: string | null;
}

export function AttachmentList({ attachments, about }: AttachmentListProps) {
  const items = attachments.of(about);
  return (
    <>
      {attachments.notice !== null && (
        <div class="jcs-attachment-notice" role="alert">
          <bdi>{attachments.notice}</bdi>
        </div>
      )}
      {items.length > 0 && (
        <ul class="jcs-attachments" aria-label="Attached files">
          {items.map((item) => (
            <Chip key={item.key} item={item} attachments={attachments} />
          ))}
        </ul>
      )}
    </>
  );
}

function Chip({ item, attachments }: { readonly item: Attachment; readonly attachments: Attachments }) {
  const { key, name, bytes, fate } = item;
  const isFailed = fate.kind === 'failed';
  const isHere = fate.kind === 'here';
  return (
    <li class={`jcs-attachment ${isFailed ? 'jcs-attachment-failed' : ''}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M4 2.5h5l3 3v8H4zM9 2.5v3h3" />
      </svg>
      <span class="jcs-attachment-text">
        <bdi title={name}>{name}</bdi>
        {isFailed ? (
          <span class="jcs-refused" role="alert">
            {fate.text}
          </span>
        ) : (
          <small>{isHere ? sizeText(bytes) : `${sizeText(fate.kind === 'going' ? fate.sent : 0)} of ${sizeText(bytes)}`}</small>
        )}
        {!isFailed && !isHere && (
          <progress aria-label={`Uploading ${name}`} max={bytes} value={fate.kind === 'going' ? Math.min(fate.sent, bytes) : 0} />
        )}
      </span>
      {isFailed && fate.canRetry && (
        <button type="button" class="jcs-link" aria-label={`Retry ${name}`} onClick={() => attachments.retry(key)}>
          Retry
        </button>
      )}
      <button
        type="button"
        class="jcs-attachment-remove"
        aria-label={`${isHere || isFailed ? 'Remove' : 'Cancel'} ${name}`}
        title={isHere || isFailed ? 'Remove' : 'Cancel'}
        onClick={() => attachments.remove(key)}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M4.5 4.5l7 7M11.5 4.5l-7 7" />
        </svg>
      </button>
    </li>
  );
}

export interface FileQuestionProps {
  readonly allowed: Uploads;
  readonly isFull: boolean;
  readonly onChoose: () => void;
}

/** Where a question is answered with files: in the place of the text. */
export function FileQuestion({ allowed, isFull, onChoose }: FileQuestionProps) {
  return (
    <div class="jcs-file-question">
      <button type="button" class="jcs-quiet" disabled={isFull} onClick={onChoose}>
        Choose {allowed.maxFiles === 1 ? 'a file' : 'files'}
      </button>
      <span>
        <span>or drop or paste {allowed.maxFiles === 1 ? 'it' : 'them'} here.</span> <bdi>{limitsText(allowed)}.</bdi>
      </span>
    </div>
  );
}
