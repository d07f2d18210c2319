/** A text: Markdown, or code where it has a language. */

import { useRef } from 'preact/hooks';

import { Markdown } from '../Markdown.js';
import { fence } from '../Message.js';
import { useContent, useIsNear, useText } from './content.js';
import { Absent, Download, nameOf, useAllowsRemote } from './shared.js';
import type { ElementProps } from './shared.js';

/** More is for a file: a browser that lays it out stands still. */
const MAX_LENGTH = 200_000;

export function TextElement({ element, isLarge = false }: ElementProps) {
  const place = useRef<HTMLElement>(null);
  const content = useContent(element, useIsNear(place));
  const allowRemoteImages = useAllowsRemote();
  const text = useText(content);
  const shown = text?.slice(0, MAX_LENGTH) ?? '';
  const isCode = element.language != null && element.language !== '';
  return (
    <section class="jcs-text" aria-label={nameOf(element)} ref={place}>
      {!isLarge && <div class="jcs-element-name">{nameOf(element)}</div>}
      {text === null ? (
        <Absent element={element} content={content} />
      ) : (
        <Markdown
          text={isCode ? fence(shown, element.language ?? '') : shown}
          isStreaming={false}
          allowRemoteImages={allowRemoteImages}
        />
      )}
      {text !== null && text.length > MAX_LENGTH && (
        <div class="jcs-note">
          The beginning of a long text. <Download element={element} label="Download all of it" />
        </div>
      )}
    </section>
  );
}
