/**
 * Markdown to safe HTML. What a bot or a person writes is untrusted: it is sanitised after it was rendered, and loads nothing by itself.
 */

import DOMPurify from 'dompurify';
import { Marked } from 'marked';
import type { Token } from 'marked';

export interface MarkdownOptions {
  /** Load images from other servers without asking. */
  readonly allowRemoteImages: boolean;
}

const marked = new Marked({ gfm: true, breaks: true });

/** `$…$` and `\(…\)`, where what stands between looks like mathematics and not like prices. */
const INLINE_MATH = /^(?:\$(?=\S)((?:\\.|[^\\$\n])+?)(?<=\S)\$(?!\d)|\\\(((?:(?!\\[()])[^\n])+?)\\\))/;
/** `$$…$$`, and `\[ … \]` with space inside, for `\[` alone is how Markdown writes a bracket. */
const DISPLAY_MATH = /^(?:\$\$\s*([\s\S]+?)\s*\$\$|\\\[\s+((?:(?!\\[[\]])[\s\S])+?)\s+\\\])/;
/** The same on lines of its own: lines inside that begin with `-` or `=` are no lists or headings. */
const BLOCK_MATH = new RegExp(`${DISPLAY_MATH.source.replace('^', '^ {0,3}')}[ \\t]*(?:\\n+|$)`);

function formula(source: string, isDisplay: boolean): string {
  return `<code class="language-${isDisplay ? 'math-display' : 'math'}">${escapeHtml(source)}</code>`;
}

marked.use({
  extensions: [
    {
      name: 'mathBlock',
      level: 'block',
      start: (source: string) => /\n {0,3}(?:\$\$|\\\[\s)/.exec(source)?.index,
      tokenizer(source: string) {
        const found = BLOCK_MATH.exec(source);
        if (found === null) return undefined;
        return { type: 'mathBlock', raw: found[0], text: found[1] ?? found[2] ?? '' };
      },
      renderer: (token) => `<p>${formula(String(token['text']), true)}</p>\n`,
    },
    {
      name: 'math',
      level: 'inline',
      start: (source: string) => /\$|\\[([]/.exec(source)?.index,
      tokenizer(source: string) {
        const display = DISPLAY_MATH.exec(source);
        const found = display ?? INLINE_MATH.exec(source);
        if (found === null) return undefined;
        return { type: 'math', raw: found[0], text: found[1] ?? found[2] ?? '', isDisplay: display !== null };
      },
      renderer: (token) => formula(String(token['text']), token['isDisplay'] === true),
    },
  ],
});

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

const ALLOWED_TAGS = [
  'a', 'b', 'blockquote', 'br', 'code', 'del', 'details', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'img',
  'input', 'kbd', 'li', 'mark', 'ol', 'p', 'pre', 's', 'span', 'strong', 'sub', 'summary', 'sup', 'table', 'tbody', 'td', 'th',
  'thead', 'tr', 'ul',
]; // prettier-ignore
const ALLOWED_ATTR = ['alt', 'align', 'checked', 'class', 'colspan', 'disabled', 'href', 'open', 'rowspan', 'src', 'start', 'title', 'type']; // prettier-ignore
const SAFE_LINK = /^(?:https?:|mailto:|#)/i;
const LOCAL_IMAGE = /^(?:data:image\/(?:png|jpeg|gif|webp|avif);|blob:)/i;
const LANGUAGE_CLASS = /^language-[\w+#.-]{1,30}$/;

function secureElement(node: Element, options: MarkdownOptions): void {
  const kept = [...node.classList].filter((name) => LANGUAGE_CLASS.test(name));
  if (kept.length > 0) node.className = kept.join(' ');
  else node.removeAttribute('class');
  switch (node.tagName) {
    case 'A':
      secureLink(node);
      return;
    case 'IMG':
      secureImage(node, options);
      return;
    case 'INPUT':
      // Only the boxes of task lists.
      if (node.getAttribute('type') !== 'checkbox') node.remove();
      else node.setAttribute('disabled', '');
      return;
  }
}

function secureLink(link: Element): void {
  const target = link.getAttribute('href') ?? '';
  if (!SAFE_LINK.test(target.trim())) {
    link.removeAttribute('href');
    return;
  }
  link.setAttribute('target', '_blank');
  link.setAttribute('rel', 'noopener noreferrer nofollow');
}

function secureImage(image: Element, options: MarkdownOptions): void {
  const source = (image.getAttribute('src') ?? '').trim();
  if (LOCAL_IMAGE.test(source)) return;
  const isRemote = /^https?:/i.test(source);
  if (isRemote && options.allowRemoteImages) {
    image.setAttribute('loading', 'lazy');
    image.setAttribute('referrerpolicy', 'no-referrer');
    return;
  }
  const label = image.getAttribute('alt') || source;
  const replacement = image.ownerDocument.createElement(isRemote ? 'a' : 'span');
  if (isRemote) {
    replacement.setAttribute('href', source);
    replacement.setAttribute('target', '_blank');
    replacement.setAttribute('rel', 'noopener noreferrer nofollow');
  }
  replacement.setAttribute('class', 'jcs-image-link');
  // By it the page finds where to show what the host has found in the app's folder.
  if (source.startsWith('/public/')) replacement.setAttribute('data-address', source);
  replacement.textContent = `🖼 ${label}`;
  image.replaceWith(replacement);
}

const BEGUN_FORMULA = /^ {0,3}(?:\$\$(?![\s\S]*\$\$)|\\\[\s(?![\s\S]*\\\]))/;
const BEGUN_MARKER = /^ {0,3}(?:[-*+]|\d{1,9}[.)]?)$/;

/** A group is full when it has so many parts, or so many characters. A browser looks at all groups that are out of sight, with each frame. */
const GROUP_PARTS = 128;
const GROUP_LENGTH = 16_000;

/**
 * Markdown that is still being written, split into parts: the blocks that were finished by one piece of text. All but the last are finished
 * and never change again, so that each new piece of text costs no more than the last part.
 */
export class GrowingMarkdown {
  /** Some of it means something to blocks further up or down: what `[name]: …` defines, what HTML encloses. */
  isEntangled = false;

  private _text = '';
  private _groups: string[][] = [[]];
  private _groupLength = 0;
  private _finishedLength = 0;

  /** Take the text as it is now; return its parts, in groups: one that is full is the same array from then on. */
  update(written: string): readonly (readonly string[])[] {
    // The lexer does so too: lengths must agree.
    const text = written.replace(/\r\n?/g, '\n');
    if (!text.startsWith(this._text)) {
      this._groups = [[]];
      this._groupLength = 0;
      this._finishedLength = 0;
      this.isEntangled = false;
    }
    this._text = text;
    const open = text.slice(this._finishedLength);
    const tokens = marked.lexer(open);
    this.isEntangled ||= tokens.some(({ type }) => type === 'def' || type === 'html');
    const finished = tokens.slice(0, growingFrom(tokens)).map(({ raw }) => raw);
    if (finished.length > 0) this._finish(finished.join(''));
    const growing = text.slice(this._finishedLength);
    const last = this._groups.at(-1) ?? [];
    return [...this._groups.slice(0, -1), growing === '' ? [...last] : [...last, growing]];
  }

  private _finish(part: string): void {
    this._finishedLength += part.length;
    this._groupLength += part.length;
    const last = this._groups.at(-1) ?? [];
    last.push(part);
    if (last.length < GROUP_PARTS && this._groupLength < GROUP_LENGTH) return;
    this._groups.push([]);
    this._groupLength = 0;
  }
}

/** Return the index of the first block that may still change: a blank line ends no list, and what follows one may become its next item. */
function growingFrom(blocks: readonly Token[]): number {
  const lastBefore = (end: number): number => {
    let index = end - 1;
    while (index > 0 && blocks[index]?.type === 'space') index -= 1;
    return Math.max(0, index);
  };
  const last = lastBefore(blocks.length);
  const before = lastBefore(last);
  const mayContinue = blocks[before]?.type === 'list' && BEGUN_MARKER.test(blocks[last]?.raw ?? '');
  const begunFormula = blocks.findIndex((block) => block.type === 'paragraph' && BEGUN_FORMULA.test(block.raw));
  return Math.min(mayContinue ? before : last, begunFormula < 0 ? last : begunFormula);
}

/** What was rendered last: what one says oneself is shown twice, as it waits and when it is confirmed. */
let latest = { text: '', allowRemoteImages: false, html: '' };

/** Render Markdown to sanitised HTML. */
export function render(text: string, { allowRemoteImages }: MarkdownOptions): string {
  if (text !== latest.text || allowRemoteImages !== latest.allowRemoteImages) {
    latest = { text, allowRemoteImages, html: renderAnew(text, { allowRemoteImages }) };
  }
  return latest.html;
}

function renderAnew(text: string, options: MarkdownOptions): string {
  const html = marked.parse(text, { async: false });
  const body = DOMPurify.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM: true,
  }) as unknown as HTMLElement;
  for (const node of [...body.querySelectorAll('*')]) secureElement(node, options);
  return body.innerHTML;
}

/** Take out of a name what could make it look like something else: control and direction characters. */
export function plainName(name: string): string {
  return name.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '').slice(0, 100);
}
