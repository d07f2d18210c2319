/** Where an element's content comes from, and the one place that decides what may be loaded: nothing of another server's. */

import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

import type { Connection } from '../../connection.js';
import { Files } from '../../files.js';
import type { Element } from '../../frames.js';
import { LookingContext } from '../looking.js';

export type Content =
  | { readonly kind: 'loading' }
  | { readonly kind: 'here'; readonly blob: Blob }
  /** On another server, from where nothing is loaded. */
  | { readonly kind: 'elsewhere'; readonly url: string }
  | { readonly kind: 'failed'; readonly text: string; readonly retry: () => void };

const filesOf = new WeakMap<Connection, { readonly session: string | null; readonly files: Files }>();

/** The files of the session that a connection shows; those of another session are let go. */
function currentFiles(connection: Connection): Files {
  const known = filesOf.get(connection);
  if (known !== undefined && known.session === connection.session) return known.files;
  const files = new Files((id) => connection.readFile(id));
  filesOf.set(connection, { session: connection.session, files });
  return files;
}

/** Where an address leads. */
export type Place = { readonly kind: 'own' | 'data' | 'remote'; readonly url: string } | { readonly kind: 'none' };

export function placeOf(url: string): Place {
  let parsed: URL;
  try {
    parsed = new URL(url, location.href);
  } catch {
    return { kind: 'none' };
  }
  if (parsed.protocol === 'data:') return { kind: 'data', url: parsed.href };
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') return { kind: 'none' };
  return { kind: parsed.origin === location.origin ? 'own' : 'remote', url: parsed.href };
}

/** Read a `data:` address by hand: the page's policy lets nothing fetch one. */
export function blobOfData(url: string): Blob {
  const [head = '', body = ''] = [url.slice(5, url.indexOf(',')), url.slice(url.indexOf(',') + 1)];
  const type = head.split(';')[0] ?? '';
  const isBase64 = /;\s*base64\s*$/i.test(head);
  const text = decodeURIComponent(body);
  return new Blob([isBase64 ? bytesOf(text) : text], { type });
}

/** @throws {DOMException} It is not Base64. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64.replace(/\s/g, '')), (letter) => letter.charCodeAt(0));
}

async function read(connection: Connection, element: Element): Promise<Blob> {
  if (element.file != null) return currentFiles(connection).read(element.file);
  const place = placeOf(element.url ?? '');
  if (place.kind === 'data') return blobOfData(place.url);
  if (place.kind !== 'own') throw new Error('It has no content.');
  const response = await fetch(place.url, { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return response.blob();
}

/**
 * Fetch an element's content.
 *
 * @param isWanted Not before this is true.
 */
export function useContent(element: Element, isWanted = true): Content {
  const connection = useContext(LookingContext)?.connection;
  const [content, setContent] = useState<Content>({ kind: 'loading' });
  const [tries, setTries] = useState(0);
  const { file, url } = element;
  useEffect(() => {
    const place = file == null && url != null ? placeOf(url) : null;
    if (place?.kind === 'remote') return setContent({ kind: 'elsewhere', url: place.url });
    if (!isWanted || connection === undefined) return undefined;
    let isCurrent = true;
    setContent({ kind: 'loading' });
    const retry = (): void => setTries((count) => count + 1);
    read(connection, element).then(
      (blob) => isCurrent && setContent({ kind: 'here', blob }),
      (error: unknown) => {
        const text = error instanceof Error && error.message !== '' ? error.message : 'It could not be loaded.';
        if (isCurrent) setContent({ kind: 'failed', text, retry });
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [connection, file, url, isWanted, tries]);
  return content;
}

/** The text of what was fetched, once it is read. */
export function useText(content: Content): string | null {
  const [text, setText] = useState<string | null>(null);
  const blob = content.kind === 'here' ? content.blob : null;
  useEffect(() => {
    let isCurrent = true;
    if (blob !== null) void blob.text().then((read) => isCurrent && setText(read));
    else setText(null);
    return () => {
      isCurrent = false;
    };
  }, [blob]);
  return text;
}

/** An address for what was fetched, for as long as it is shown. It says that it is of the type given: content is never guessed at. */
export function useUrl(content: Content, type: string): string | null {
  const blob = content.kind === 'here' ? content.blob : null;
  const url = useMemo(
    () => (blob === null ? null : URL.createObjectURL(new Blob([blob], { type }))),
    [blob, type],
  );
  useEffect(() => () => void (url !== null && URL.revokeObjectURL(url)), [url]);
  return url;
}

/** Whether something is near to what is seen; once it was, it stays so. */
export function useIsNear(place: RefObject<HTMLElement>): boolean {
  const [isNear, setIsNear] = useState(typeof IntersectionObserver === 'undefined');
  useEffect(() => {
    if (isNear || place.current === null) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setIsNear(true);
      },
      { root: place.current.closest('.jcs-log, .jcs-side-body'), rootMargin: '800px 0px' },
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [isNear]);
  return isNear;
}

/** Let a browser save something under a name. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  // As bytes: whatever it says that it is, no browser shows it instead.
  link.href = URL.createObjectURL(new Blob([blob], { type: 'application/octet-stream' }));
  link.download = name;
  link.click();
  // The download has begun by then; browsers keep what it needs.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** How large something is, as people say it. */
export function sizeText(bytes: number | null | undefined): string {
  if (bytes == null) return '';
  const units = ['B', 'kB', 'MB', 'GB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
