/** Text as Markdown. While it grows, only its last part is rendered again; what is long grows a little with each frame. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { copyText } from '../clipboard.js';
import { GrowingMarkdown, render } from '../markdown.js';
import type { MarkdownOptions } from '../markdown.js';

/** A part that is longer is coloured when it is finished: until then it would be coloured anew with each piece of text. */
const MAX_GROWING_LENGTH = 20_000;
/** A text that is longer is split into parts also when it is finished. */
const LONG = 4_000;
/** How much of a text is added with every other frame: what that takes leaves the page time for other things. What is done the first time is slow. */
const FIRST_STEP = 1_000;
const STEP = 4_000;

export interface MarkdownProps extends MarkdownOptions {
  readonly text: string;
  readonly isStreaming: boolean;
}

export function Markdown({ text, isStreaming, allowRemoteImages }: MarkdownProps) {
  const isShort = text.length <= LONG;
  const shown = useStepwise(text, isShort && !isStreaming);
  const growing = useMemo(() => new GrowingMarkdown(), []);
  const isGrowing = isStreaming || shown.length < text.length;
  const groups = isGrowing || !isShort ? growing.update(shown) : [];
  const last = groups.length - (groups.at(-1)?.length === 0 ? 2 : 1);
  const isWhole = !isGrowing && (isShort || growing.isEntangled);
  return (
    <div class="jcs-markdown">
      {isWhole ? (
        <div key="whole">
          <Part text={text} isLast isGrowing={false} allowRemoteImages={allowRemoteImages} />
        </div>
      ) : (
        groups.map(
          (parts, index) =>
            parts.length > 0 && (
              <Group
                key={index}
                parts={parts}
                isLast={index === last}
                isGrowing={isGrowing && index === last}
                allowRemoteImages={allowRemoteImages}
              />
            ),
        )
      )}
    </div>
  );
}

/** Return a text's beginning, a little more of it with every other frame, until it is whole; or all of it at once. */
function useStepwise(text: string, isAtOnce: boolean): string {
  const most = useRef(FIRST_STEP);
  const [version, setVersion] = useState(0);
  if (isAtOnce) most.current = text.length;
  const length = Math.min(text.length, most.current);
  const isWhole = length === text.length;
  if (isWhole) most.current = afterStep(length);
  useEffect(() => {
    if (isWhole) return undefined;
    const request = requestAnimationFrame(() => {
      most.current = afterStep(length);
      setVersion((count) => count + 1);
    });
    return () => cancelAnimationFrame(request);
  }, [isWhole, version]);
  return isWhole ? text : text.slice(0, length);
}

function afterStep(length: number): number {
  return length + Math.min(STEP, Math.max(FIRST_STEP, length / 4));
}

interface GroupProps extends MarkdownOptions {
  readonly parts: readonly string[];
  /** With it the text ends. */
  readonly isLast: boolean;
  /** The last of them may still change. */
  readonly isGrowing: boolean;
}

function Group({ parts, isLast, isGrowing, allowRemoteImages }: GroupProps) {
  return useMemo(
    () => (
      <div>
        {parts.map((text, index) => (
          <Part
            key={index}
            text={text}
            isLast={isLast && index === parts.length - 1}
            isGrowing={isGrowing && index === parts.length - 1}
            allowRemoteImages={allowRemoteImages}
          />
        ))}
      </div>
    ),
    [parts, isLast, isGrowing, allowRemoteImages],
  );
}

interface PartProps extends MarkdownOptions {
  readonly text: string;
  readonly isLast: boolean;
  readonly isGrowing: boolean;
}

function Part({ text, isLast, isGrowing, allowRemoteImages }: PartProps) {
  const element = useRef<HTMLDivElement>(null);
  const html = useMemo(() => render(text, { allowRemoteImages }), [text, allowRemoteImages]);
  useLayoutEffect(() => {
    const root = element.current;
    if (root === null) return;
    root.innerHTML = html;
    for (const pre of root.querySelectorAll<HTMLElement>('pre')) addToolbar(pre);
    if (isLast) markEnd(root);
    if (!isGrowing || html.length < MAX_GROWING_LENGTH) enrich(root);
  }, [html, isLast, isGrowing]);
  return <div ref={element} />;
}

/**
 * Mark the last block, and where the text in it ends. With `:last-child` and the like the style sheet could find them too, and browsers would
 * look at all that stands in a group again when another comes after it.
 */
function markEnd(root: HTMLElement): void {
  const block = root.lastElementChild;
  block?.classList.add('jcs-last');
  const end = block?.matches('ul, ol') === true ? block.lastElementChild : block?.matches('.jcs-code') === true ? block.querySelector('code') : block;
  if (end?.matches('table') === false) end.classList.add('jcs-end');
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
