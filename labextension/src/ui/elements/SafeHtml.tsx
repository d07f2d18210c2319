/**
 * HTML of an author's objects, in a frame where nothing runs and from where nothing is loaded.
 * Nobody outside can see how high what is in such a frame is; so the same words, unseen, give it its place.
 */

import DOMPurify from 'dompurify';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';

import frameStyles from '../../style/frame.css?inline';
import { isDarkAt, useIsDark } from './theme.js';

const NEVER = ['form', 'input', 'button', 'textarea', 'select', 'option', 'video', 'audio', 'picture', 'source', 'track', 'map', 'area', 'dialog']; // prettier-ignore
const POLICY = "default-src 'none'; img-src data:; font-src data:; style-src";

export function SafeHtml({ html, name }: { readonly html: string; readonly name: string }) {
  const place = useRef<HTMLDivElement>(null);
  const twin = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLIFrameElement>(null);
  const isDark = useIsDark(place);
  const words = useMemo(() => structure(html), [html]);
  useLayoutEffect(() => twin.current?.replaceChildren(words.cloneNode(true)), [words]);
  useLayoutEffect(() => {
    const shown = frame.current;
    if (shown === null) return;
    // A frame that is given another document while one is on its way may show neither: it is given the right one at first.
    const written = documentOf(html, isDarkAt(shown), groundOf(shown));
    if (written !== shown.srcdoc) shown.srcdoc = written;
  }, [html, isDark]);
  return (
    <div class="jcs-html" ref={place}>
      <div class="jcs-html-twin" aria-hidden="true" ref={twin} />
      <iframe sandbox="" title={name} ref={frame} />
    </div>
  );
}

/** The page's own sheet, where its policy refuses styles in documents; null elsewhere. */
function sheetOfPage(): string | null {
  const link = document.querySelector<HTMLLinkElement>('link[rel=stylesheet][href*="jupyter_chat_sessions/chat.css"]');
  return document.querySelector('.jcs-page') === null || link === null ? null : new URL('frame.css', link.href).href;
}

/** The colour behind a place, as old attributes have it: the page's policy refuses styles in the document, and them not. */
function groundOf(place: HTMLElement): string {
  const chat = place.closest('.jcs');
  const parts = chat === null ? null : getComputedStyle(chat).backgroundColor.match(/\d+/g);
  return (parts ?? []).slice(0, 3).map((part) => Number(part).toString(16).padStart(2, '0')).join('');
}

function documentOf(html: string, isDark: boolean, ground: string): string {
  const sheet = sheetOfPage();
  const style = sheet === null ? `<style>${frameStyles}</style>` : `<link rel="stylesheet" href="${sheet}">`;
  const policy = `${POLICY} ${sheet === null ? "'unsafe-inline'" : location.origin}`;
  return (
    `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">` +
    `<meta name="color-scheme" content="${isDark ? 'dark' : 'light'}">${style}<body bgcolor="#${ground || (isDark ? '16181d' : 'ffffff')}" text="${isDark ? '#e8e9ec' : '#1f2328'}">${cleaned(html, sheet === null)}`
  );
}

function cleaned(html: string, isStyled: boolean): string {
  const body = DOMPurify.sanitize(html, {
    USE_PROFILES: { html: true },
    FORBID_TAGS: [...NEVER, ...(isStyled ? [] : ['style'])],
    FORBID_ATTR: ['srcset', 'background', 'poster', ...(isStyled ? [] : ['style'])],
    FORCE_BODY: true,
    RETURN_DOM: true,
  }) as unknown as HTMLElement;
  // The policy refuses it, but a browser that reads ahead may ask for it before it has read the policy.
  for (const style of body.querySelectorAll('style')) {
    style.textContent = (style.textContent ?? '').replace(/@import\b[^;]*;?/gi, '');
  }
  for (const image of body.querySelectorAll('[src]')) {
    if (!/^data:image\//i.test(image.getAttribute('src') ?? '')) image.removeAttribute('src');
  }
  // From such a frame no link leads anywhere.
  for (const link of body.querySelectorAll('[href]')) link.removeAttribute('href');
  return body.innerHTML;
}

const STRUCTURE = [
  'b', 'blockquote', 'br', 'code', 'dd', 'details', 'div', 'dl', 'dt', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'img', 'li',
  'ol', 'p', 'pre', 'span', 'strong', 'sub', 'summary', 'sup', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'tr', 'ul', 'caption',
]; // prettier-ignore

/** The same words in the same tags, and nothing else of them. */
function structure(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: STRUCTURE,
    ALLOWED_ATTR: ['colspan', 'rowspan', 'open', 'width', 'height'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}
