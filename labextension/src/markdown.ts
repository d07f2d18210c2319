/**
 * Markdown to safe HTML. What a bot or a person writes is untrusted: it is sanitised after it was rendered, and loads nothing by itself.
 */

import DOMPurify from 'dompurify';
import { Marked } from 'marked';

export interface MarkdownOptions {
  /** Load images from other servers without asking. */
  readonly allowRemoteImages: boolean;
}

const marked = new Marked({ gfm: true, breaks: true });

/** `$…$` and `$$…$$`, where what stands between looks like mathematics and not like prices. */
const INLINE_MATH = /^\$(?=\S)((?:\\.|[^\\$\n])+?)(?<=\S)\$(?!\d)/;
const DISPLAY_MATH = /^\$\$\s*([\s\S]+?)\s*\$\$/;

marked.use({
  extensions: [
    {
      name: 'math',
      level: 'inline',
      start: (source: string) => source.indexOf('$'),
      tokenizer(source: string) {
        const display = DISPLAY_MATH.exec(source);
        const found = display ?? INLINE_MATH.exec(source);
        if (found === null) return undefined;
        return { type: 'math', raw: found[0], text: found[1] ?? '', isDisplay: display !== null };
      },
      renderer: (token) =>
        `<code class="language-${token['isDisplay'] === true ? 'math-display' : 'math'}">${escapeHtml(String(token['text']))}</code>`,
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
  replacement.textContent = `🖼 ${label}`;
  image.replaceWith(replacement);
}

/**
 * Markdown that is still being written, split into blocks. All but the last are finished and never change again, so that each new piece of text costs no more
 * than the last block.
 */
export class GrowingMarkdown {
  private _text = '';
  private _finished: string[] = [];
  private _finishedLength = 0;

  /** Take the text as it is now; return its blocks. */
  update(text: string): readonly string[] {
    if (!text.startsWith(this._text)) {
      this._finished = [];
      this._finishedLength = 0;
    }
    this._text = text;
    const rest = marked.lexer(text.slice(this._finishedLength)).map((token) => token.raw);
    const last = rest.pop();
    for (const raw of rest) {
      this._finished.push(raw);
      this._finishedLength += raw.length;
    }
    return last === undefined ? this._finished : [...this._finished, last];
  }
}

/** Render Markdown to sanitised HTML. */
export function render(text: string, options: MarkdownOptions): string {
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
