/** What the kinds of elements have in common: their name, and what stands in the place of content that is not there. */

import { useContext, useEffect, useState } from 'preact/hooks';

import type { Element } from '../../frames.js';
import { plainName } from '../../markdown.js';
import { LookingContext } from '../looking.js';
import { placeOf, save, sizeText, useContent } from './content.js';
import type { Content } from './content.js';

export interface ElementProps {
  readonly element: Element;
  /** It has a panel or a page to itself. */
  readonly isLarge?: boolean;
}

export function nameOf(element: Element): string {
  return plainName(element.name).trim() || element.type;
}

/** A name that is safe to save a file under: no folders, no hidden file. */
export function fileNameOf(element: Element): string {
  return nameOf(element).replace(/[\\/:*?"<>|]/g, '_').replace(/^\.+/, '_');
}

export function useAllowsRemote(): boolean {
  return useContext(LookingContext)?.connection.welcome?.channel.allowRemoteImages === true;
}

/** What is said where the content is not there (yet). */
export function Absent({ element, content }: { readonly element: Element; readonly content: Content }) {
  switch (content.kind) {
    case 'here':
      return null;
    case 'loading':
      return <span class="jcs-hint">Loading {nameOf(element)}…</span>;
    case 'elsewhere':
      return <Elsewhere element={element} />;
    case 'failed':
      return (
        <span class="jcs-note" role="alert">
          {nameOf(element)} could not be loaded: {content.text}{' '}
          <button type="button" class="jcs-link" onClick={content.retry}>
            Retry
          </button>
        </span>
      );
  }
}

/** Content on another server is not loaded: a link says where it is. */
export function Elsewhere({ element }: { readonly element: Element }) {
  const place = placeOf(element.url ?? '');
  if (place.kind !== 'remote') return <span class="jcs-hint">{nameOf(element)} has no content.</span>;
  return (
    <a class="jcs-elsewhere" href={place.url} target="_blank" rel="noopener noreferrer nofollow">
      <strong>{nameOf(element)}</strong>
      <span class="jcs-hint">{new URL(place.url).host}</span>
    </a>
  );
}

/** A file to be saved: its name, its size. */
export function Download({ element, label }: { readonly element: Element; readonly label?: string }) {
  const [isWanted, setIsWanted] = useState(false);
  const content = useContent(element, isWanted);
  const isSaved = isWanted && content.kind === 'here';
  if (content.kind === 'elsewhere') return <Elsewhere element={element} />;
  return (
    <span class="jcs-file">
      <button
        type="button"
        class="jcs-chip"
        aria-busy={isWanted && content.kind === 'loading'}
        title={`Download ${nameOf(element)}`}
        onClick={() => {
          if (content.kind === 'here') save(content.blob, fileNameOf(element));
          else if (content.kind === 'failed') content.retry();
          setIsWanted(true);
        }}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.5h10" />
        </svg>
        <span class="jcs-chip-name">{label ?? nameOf(element)}</span>
        <span class="jcs-unseen">Download</span>
        <span class="jcs-hint">{sizeText(element.bytes)}</span>
      </button>
      {isSaved && <SaveOnce blob={content.blob} name={fileNameOf(element)} />}
      {isWanted && content.kind === 'failed' && <Absent element={element} content={content} />}
    </span>
  );
}

/** Saves what was asked for when it has come. */
function SaveOnce({ blob, name }: { readonly blob: Blob; readonly name: string }) {
  useEffect(() => save(blob, name), [blob, name]);
  return null;
}
