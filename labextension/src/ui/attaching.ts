/** What a chat needs to have files attached: a button, a drop, a paste. What shows them is loaded with the first one. */

import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Attachments } from '../attachments.js';
import type { Connection } from '../connection.js';
import type { Uploads } from '../frames.js';

export interface Attaching {
  /** What is attached; null as long as nothing ever was. */
  readonly attachments: Attachments | null;
  /** The question that is answered with files; null where files go with a message. */
  readonly about: string | null;
  /** Which files are taken now; null for none. */
  readonly allowed: Uploads | null;
  /** The ids of what is to be said with what is written; null while some of it is not there. */
  readonly ready: readonly string[] | null;
  readonly attach: (files: Iterable<File>) => void;
  readonly onPaste: (event: ClipboardEvent) => void;
  readonly onSaid: () => void;
}

/**
 * Attach files to what is said in a chat.
 *
 * @param within An element of the chat: files may be dropped anywhere onto the chat around it.
 */
export function useAttaching(connection: Connection, within: RefObject<HTMLElement>): Attaching {
  const [attachments, setAttachments] = useState<Attachments | null>(null);
  const [, setVersion] = useState(0);
  const session = connection.session;
  const current = useRef<{ readonly session: string | null; readonly opened: Promise<Attachments> } | null>(null);
  const question = connection.textQuestion;
  const about = question?.kind === 'file' ? question.id : null;
  const ofChannel = question === undefined ? (connection.welcome?.channel.uploads ?? null) : null;
  const allowed = about === null ? ofChannel : (question?.uploads ?? {});

  const open = (): Promise<Attachments> => {
    if (current.current?.session !== session) {
      const opened = import('./Attachments.js').then(({ openAttachments }) => {
        const made = openAttachments(connection);
        made.onChange = (keys) => {
          connection.attached = keys;
          setVersion((count) => count + 1);
        };
        setAttachments(made);
        return made;
      });
      current.current = { session, opened };
    }
    return current.current.opened;
  };
  const attach = (files: Iterable<File>): void => {
    const chosen = [...files];
    if (allowed !== null && chosen.length > 0) void open().then((opened) => opened.add(chosen, allowed, about));
  };

  // Another session has attachments of its own; those of before a reload may still be there.
  const isThere = connection.welcome !== null;
  useEffect(() => {
    if (!isThere) return undefined;
    const kept = connection.attached;
    if (kept.length > 0) void open().then((opened) => opened.restore(kept));
    return () => {
      void current.current?.opened.then((opened) => opened.dispose());
      current.current = null;
      setAttachments(null);
    };
  }, [session, isThere]);
  useEffect(() => void attachments?.check(), [connection.welcomedAt]);
  const questions = (connection.conversation?.questions ?? []).map(({ id }) => id).join(' ');
  useEffect(() => attachments?.keepFor(new Set(questions.split(' '))), [questions]);
  useDrop(within, allowed === null ? null : attach);

  return {
    attachments,
    about,
    allowed,
    ready: attachments === null ? [] : attachments.ready(about),
    attach,
    onPaste: (event) => {
      const files = event.clipboardData?.files;
      // What is copied in an office program comes as text and as a picture of it: the text is meant.
      if (allowed === null || files === undefined || files.length === 0 || event.clipboardData?.getData('text') !== '') return;
      event.preventDefault();
      attach(files);
    },
    onSaid: () => attachments?.said(about),
  };
}

/** Take files that are dropped onto the chat around an element. */
function useDrop(within: RefObject<HTMLElement>, onFiles: ((files: FileList) => void) | null): void {
  const taking = useRef(onFiles);
  taking.current = onFiles;
  useEffect(() => {
    const chat = within.current?.closest<HTMLElement>('.jcs');
    if (chat == null) return undefined;
    const show = (isOver: boolean): void => void chat.classList.toggle('jcs-dropping', isOver);
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const onOver = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      // Also where none are taken: the browser would open what is dropped, and the chat would be gone.
      event.preventDefault();
      event.stopPropagation();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = taking.current === null ? 'none' : 'copy';
      show(taking.current !== null);
    };
    const onLeave = (event: DragEvent): void => {
      if (!chat.contains(event.relatedTarget as Node | null)) show(false);
    };
    const onDrop = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      show(false);
      if (event.dataTransfer !== null) taking.current?.(event.dataTransfer.files);
    };
    const listeners = { dragover: onOver, dragleave: onLeave, drop: onDrop };
    for (const [name, listener] of Object.entries(listeners)) chat.addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) chat.removeEventListener(name, listener as EventListener);
    };
  }, []);
}
