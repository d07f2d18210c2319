/** Conversations of before: a button that shows when there are any, and the panel that it opens. */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import type { Connection } from '../connection.js';
import { plainName } from '../markdown.js';
import styles from '../style/conversations.css?inline';
import { fileName } from '../threads.js';
import type { ExportFormat, Thread } from '../threads.js';

adopt(styles);

const FORMATS: readonly (readonly [ExportFormat, string])[] = [
  ['markdown', 'Markdown'],
  ['json', 'JSON'],
  ['notebook', 'Notebook'],
];

export function Conversations({ connection }: { readonly connection: Connection }) {
  const { threads, session, status } = connection;
  const [past, setPast] = useState<readonly Thread[]>([]);
  const [isStale, setIsStale] = useState(false);
  const [isOpen, setIsOpen] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const isConnected = status.kind === 'connected';
  const hasSaid = connection.conversation?.steps.some((step) => step.type === 'user_message') === true;

  const refresh = useCallback(async (): Promise<void> => {
    // A list that cannot be had now is no news: what is known stays, until the line is back.
    const found = await threads?.list(connection.channel).catch(() => null);
    setIsStale(found === null);
    if (found != null) setPast(found);
  }, [threads, connection]);

  useEffect(() => {
    if (session !== null) void refresh();
  }, [session, hasSaid, refresh]);
  useEffect(() => {
    if (isConnected && isStale) void refresh();
  }, [isConnected, isStale, refresh]);

  const close = useCallback((): void => {
    setIsOpen(false);
    setProblem(null);
  }, []);
  useEffect(() => {
    if (!isOpen) return;
    const onPointer = (event: PointerEvent): void => {
      if (event.target instanceof Node && place.current?.contains(event.target) !== true) close();
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [isOpen, close]);

  /** Do something with a conversation; say why if it cannot be done. */
  const attempt = async (work: Promise<void>): Promise<boolean> => {
    setProblem(null);
    try {
      await work;
      return true;
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      return false;
    }
  };
  const resume = async (thread: Thread): Promise<void> => {
    const isHere = thread.thread === connection.welcome?.threadId && connection.status.kind !== 'ended';
    if (isHere || (await attempt(connection.resume(thread.thread)))) leave();
  };
  const remove = async (thread: Thread): Promise<void> => {
    if (threads === null || !(await attempt(threads.remove(thread.thread)))) return;
    const rest = past.filter((other) => other.thread !== thread.thread);
    setPast(rest);
    if (rest.length === 0) close();
    else place.current?.querySelector<HTMLElement>('.jcs-thread-open')?.focus();
  };
  const leave = (): void => {
    close();
    button.current?.focus();
  };

  if (threads === null || past.length === 0) return null;
  return (
    <div
      class="jcs-conversations"
      ref={place}
      onKeyDown={(event) => {
        if (isOpen && event.key === 'Escape') leave();
        else if (moveFocus(place.current, event.key)) event.preventDefault();
      }}
      onFocusOut={(event) => {
        if (event.relatedTarget instanceof Node && place.current?.contains(event.relatedTarget) !== true) close();
      }}
    >
      <button
        type="button"
        class="jcs-quiet jcs-icon"
        aria-label="Conversations"
        aria-expanded={isOpen}
        title="Conversations"
        ref={button}
        onClick={() => {
          if (isOpen) return close();
          setIsOpen(true);
          void refresh();
        }}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M2.5 8a5.5 5.5 0 1 0 1.6-3.9L2.5 5.7M2.5 2.5v3.2h3.2M8 5v3.2l2.2 1.3" />
        </svg>
      </button>
      {isOpen && (
        <div class="jcs-panel" role="group" aria-label="Conversations">
          {problem !== null && (
            <div class="jcs-refused" role="alert">
              {problem}
            </div>
          )}
          <ul>
            {past.map((thread) => (
              <Row
                key={thread.thread}
                thread={thread}
                isCurrent={thread.thread === connection.welcome?.threadId}
                onOpen={() => void resume(thread)}
                onRemove={() => void remove(thread)}
                onExport={(format) => void attempt(threads.export(thread.thread, format).then((blob) => save(blob, fileName(thread.name, format))))}
              />
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

interface RowProps {
  readonly thread: Thread;
  readonly isCurrent: boolean;
  readonly onOpen: () => void;
  readonly onRemove: () => void;
  readonly onExport: (format: ExportFormat) => void;
}

function Row({ thread, isCurrent, onOpen, onRemove, onExport }: RowProps) {
  const [more, setMore] = useState<'export' | 'remove' | null>(null);
  const firstChoice = useRef<HTMLButtonElement>(null);
  const removeButton = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (more !== null) firstChoice.current?.focus();
  }, [more]);
  const name = plainName(thread.name.trim() === '' ? 'Untitled' : thread.name);
  const keep = (): void => {
    setMore(null);
    // The button that was pressed goes, and would take the focus with it.
    removeButton.current?.focus();
  };
  const toggle = (what: 'export' | 'remove') => (): void => setMore(more === what ? null : what);
  return (
    <li class={isCurrent ? 'jcs-current' : ''}>
      <div class="jcs-thread">
        <button type="button" class="jcs-thread-open" aria-current={isCurrent} onClick={onOpen}>
          <span class="jcs-thread-name">{name}</span>
          <time dateTime={thread.updatedAt}>{isCurrent ? 'Shown now' : timeText(thread.updatedAt, new Date())}</time>
        </button>
        <button
          type="button"
          class="jcs-tool"
          aria-label={`Export ${name}`}
          title="Export"
          aria-expanded={more === 'export'}
          onClick={toggle('export')}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.5h10" />
          </svg>
        </button>
        {/* The one that is shown cannot be taken away under its reader. */}
        {!isCurrent && (
          <button
            type="button"
            class="jcs-tool"
            aria-label={`Delete ${name}`}
            title="Delete"
            aria-expanded={more === 'remove'}
            ref={removeButton}
            onClick={toggle('remove')}
          >
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <path d="M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9" />
            </svg>
          </button>
        )}
      </div>
      {more === 'export' && (
        <div class="jcs-choices" role="group" aria-label={`Export ${name}`}>
          {FORMATS.map(([format, label], index) => (
            <button
              key={format}
              type="button"
              class="jcs-quiet"
              ref={index === 0 ? firstChoice : null}
              onClick={() => onExport(format)}
            >
              {label}
            </button>
          ))}
        </div>
      )}
      {more === 'remove' && (
        <div class="jcs-choices" role="group" aria-label={`Delete ${name} for good?`}>
          <span>Delete for good?</span>
          <button type="button" class="jcs-quiet" ref={firstChoice} onClick={keep}>
            Keep
          </button>
          <button type="button" class="jcs-quiet jcs-danger" onClick={onRemove}>
            Delete
          </button>
        </div>
      )}
    </li>
  );
}

/** Arrow keys go from conversation to conversation. */
function moveFocus(place: HTMLElement | null, key: string): boolean {
  const rows = [...(place?.querySelectorAll<HTMLElement>('.jcs-thread-open') ?? [])];
  const here = rows.findIndex((row) => row.closest('li')?.contains(document.activeElement));
  const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: rows.length - 1 }[key];
  if (next === undefined || rows.length === 0) return false;
  rows[Math.min(rows.length - 1, Math.max(0, next))]?.focus();
  return true;
}

/** When something was last said: the time today, the day otherwise. */
export function timeText(iso: string, now: Date): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '';
  if (time.toDateString() === now.toDateString()) return time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  const isThisYear = time.getFullYear() === now.getFullYear();
  return time.toLocaleDateString([], { day: 'numeric', month: 'short', ...(isThisYear ? {} : { year: 'numeric' }) });
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download has begun by then; browsers keep what it needs.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
