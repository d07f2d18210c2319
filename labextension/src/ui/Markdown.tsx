/** Text as Markdown. While it grows, only its last block is rendered again. */

import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';

import { GrowingMarkdown, render } from '../markdown.js';
import type { MarkdownOptions } from '../markdown.js';

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
    if (!isGrowing) void enrich(root);
  }, [html, isGrowing]);
  return <div ref={element} />;
}

/** Put the name of its language and a button to copy it above a block of code. */
function addToolbar(pre: HTMLElement): void {
  const code = pre.querySelector('code');
  if (code === null) return;
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
    void navigator.clipboard.writeText(code.textContent ?? '').then(() => {
      copy.textContent = 'Copied';
      setTimeout(() => (copy.textContent = 'Copy'), 1500);
    });
  };
  bar.append(language, copy);
  pre.replaceWith(frame);
  pre.tabIndex = 0;
  frame.append(bar, pre);
}

/** Colour code and set mathematics; what that needs is loaded the first time. */
async function enrich(root: HTMLElement): Promise<void> {
  const codes = [...root.querySelectorAll<HTMLElement>('code[class*="language-"]')];
  const formulas = codes.filter((code) => /\blanguage-math(-display)?\b/.test(code.className));
  const blocks = codes.filter((code) => code.closest('pre') !== null && !formulas.includes(code));
  if (!IS_INLINE && formulas.length > 0) {
    const { typeset } = await import('../math.js');
    formulas.forEach(typeset);
  }
  if (!IS_INLINE && blocks.length > 0) {
    const { highlight } = await import('../highlight.js');
    blocks.forEach(highlight);
  }
}
