/** What stands with a message or step: elements in line, and links to those that open beside the conversation or in its place. */

import { useContext, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { adopt } from '../../adopt.js';
import type { Element } from '../../frames.js';
import styles from '../../style/elements.css?inline';
import { LookingContext } from '../looking.js';
import { ElementView } from './ElementView.js';
import { linkMentions } from './mentions.js';
import { PictureInText, addressInText } from './PictureInText.js';
import { nameOf } from './shared.js';
import { watchTexts } from './texts.js';

adopt(styles);

export interface ElementsProps {
  readonly elements: readonly Element[];
  /** Given by the viewer: shown small. */
  readonly isMine?: boolean;
}

export function Elements({ elements, isMine = false }: ElementsProps) {
  const place = useRef<HTMLDivElement>(null);
  const open = useContext(LookingContext)?.open;
  const inText = elements.filter((element) => addressInText(element) !== null);
  const inline = elements.filter((element) => (isMine || !isApart(element)) && addressInText(element) === null);
  const apart = elements.filter((element) => !isMine && isApart(element));
  const mentioned = useMentions(place, apart, open);
  const rest = apart.filter((element) => !mentioned.has(element.id));
  return (
    <div class={`jcs-elements ${isMine ? 'jcs-given' : ''}`} ref={place}>
      {inText.map((element) => (
        <PictureInText key={element.id} element={element} place={place} />
      ))}
      {inline.map((element) => (
        <ElementView key={element.id} element={isMine ? small(element) : element} />
      ))}
      {rest.length > 0 && (
        <div class="jcs-chips">
          {rest.map((element) => (
            <button key={element.id} type="button" class="jcs-chip" onClick={() => open?.(element)}>
              <svg viewBox="0 0 16 16" aria-hidden="true">
                <path d="M2.5 3.5h11v9h-11zM9.5 3.5v9" />
              </svg>
              <span class="jcs-chip-name">{nameOf(element)}</span>
              <span class="jcs-unseen">Open</span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** Whether an element opens beside the conversation or in its place, and not in line. */
function isApart(element: Element): boolean {
  return element.display === 'side' || element.display === 'page';
}

/** As what a viewer gave shows: a picture small, everything else as a file. */
function small(element: Element): Element {
  return element.type === 'image' ? { ...element, size: 'small' } : { ...element, type: 'file' };
}

/** Turn the names of elements in the text above into links, also while it grows; return the ids of those that are mentioned. */
function useMentions(
  place: { readonly current: HTMLElement | null },
  apart: readonly Element[],
  open: ((element: Element) => void) | undefined,
): ReadonlySet<string> {
  const [mentioned, setMentioned] = useState<ReadonlySet<string>>(new Set());
  const key = apart.map((element) => `${element.id} ${element.name}`).join('\n');
  useLayoutEffect(() => {
    const around = place.current?.parentElement;
    if (around == null || apart.length === 0 || open === undefined) return undefined;
    return watchTexts(around, (texts) => {
      const found = new Set(texts.flatMap((text) => [...linkMentions(text, apart, open)]));
      setMentioned((before) => (found.size === before.size && [...found].every((id) => before.has(id)) ? before : found));
    });
  }, [key, open]);
  return mentioned;
}
