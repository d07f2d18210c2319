/** Text as Markdown. While it grows, only its last block is rendered again. */

import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';

import { copyText } from '../clipboard.js';
import { GrowingMarkdown, render } from '../markdown.js';
import type { MarkdownOptions } from '../markdown.js';

/** A block that is longer is coloured when it is finished: until then it would be coloured anew with each piece of text. */
const MAX_GROWING_LENGTH = 20_000;

export interface MarkdownProps extends MarkdownOptions {
  readonly text: string;
  readonly isStreaming: boolean;
}

export function Markdown({ text, isStreaming, allowRemoteImages }: MarkdownProps) {
  const growing = useMemo(() => new GrowingMarkdown(), []);
  const parts = isStreaming ? growing.update(text) : [text];
  return (
    <div class="jcs-markdown">
      {parts.map((part, index) => (
        <Block
          key={isStreaming ? index : 'whole'}
          text={part}
          isGrowing={isStreaming && index === parts.length - 1}
          allowRemoteImages={allowRemoteImages}
        />
      ))}
    </div>
  );
}

interface BlockProps extends MarkdownOptions {
  readonly text: string;
  readonly isGrowing: boolean;
}

function Block({ text, isGrowing, allowRemoteImages }: BlockProps) {
  const element = useRef<HTMLDivElement>(null);
  const html = useMemo(() => render(text, { allowRemoteImages }), [text, allowRemoteImages]);
  useLayoutEffect(() => {
    const root = element.current;
    if (root === null) return;
    root.innerHTML = html;
    for (const pre of root.querySelectorAll<HTMLElement>('pre')) addToolbar(pre);
    if (!isGrowing || html.length < MAX_GROWING_LENGTH) enrich(root);
  }, [html, isGrowing]);
  return <div ref={element} />;
}

/** Put the name of its language and a button to copy it above a block of code. */
function addToolbar(pre: HTMLElement): void {
  const code = pre.querySelector('code');
  if (code === null) return;
  code.textContent = (code.textContent ?? '').replace(/\n$/, '');
  const frame = document.createElement('div');
  frame.className = 'jcs-code';
  const bar = document.createElement('div');
  bar.className = 'jcs-code-bar';
  const language = document.createElement('span');
  language.textContent = /language-([\w+#.-]+)/.exec(code.className)?.[1] ?? 'text';
  const copy = document.createElement('button');
  copy.type = 'button';
  copy.textContent = 'Copy';
  copy.onclick = () => {
    void copyText(code.textContent ?? '').then((isCopied) => {
      copy.textContent = isCopied ? 'Copied' : 'Not copied';
      setTimeout(() => (copy.textContent = 'Copy'), 1500);
    });
  };
  bar.append(language, copy);
  pre.replaceWith(frame);
  pre.tabIndex = 0;
  frame.append(bar, pre);
}

/** What colours code and sets mathematics, once it is loaded. */
const loaded: { highlight?: (code: HTMLElement) => void; typeset?: (code: HTMLElement) => void } = {};

/** Colour code and set mathematics: at once where what that needs is loaded, so that nothing flickers while text grows; else when it is. */
function enrich(root: HTMLElement): void {
  if (IS_INLINE) return;
  const codes = [...root.querySelectorAll<HTMLElement>('code[class*="language-"]')];
  const formulas = codes.filter((code) => /\blanguage-math(-display)?\b/.test(code.className));
  const blocks = codes.filter((code) => code.closest('pre') !== null && !formulas.includes(code));
  if (loaded.typeset !== undefined) formulas.forEach(loaded.typeset);
  else if (formulas.length > 0) {
    void import('../math.js').then(({ typeset }) => formulas.forEach((loaded.typeset = typeset)));
  }
  if (loaded.highlight !== undefined) blocks.forEach(loaded.highlight);
  else if (blocks.length > 0) {
    void import('../highlight.js').then(({ highlight }) => blocks.forEach((loaded.highlight = highlight)));
  }
}
