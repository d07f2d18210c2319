/** A picture that a text calls by an address of `public/`: it shows where the text has it, and not below. */

import { useLayoutEffect } from 'preact/hooks';
import type { RefObject } from 'preact';

import type { Element } from '../../frames.js';
import { useContent } from './content.js';
import { usePicture } from './ImageElement.js';
import { Absent } from './shared.js';
import { watchTexts } from './texts.js';

/** Return the address that a text has in a picture's place; null of an element that stands below the text. */
export function addressInText(element: Element): string | null {
  const address = element.props?.['inText'];
  return typeof address === 'string' ? address : null;
}

export interface PictureInTextProps {
  readonly element: Element;
  readonly place: RefObject<HTMLElement>;
}

export function PictureInText({ element, place }: PictureInTextProps) {
  const content = useContent(element);
  const url = usePicture(content, element.mime ?? '');
  const address = asInMarkdown(addressInText(element) ?? '');
  useLayoutEffect(() => {
    const around = place.current?.parentElement;
    if (around == null || url === null) return undefined;
    return watchTexts(around, (texts) => {
      for (const text of texts) {
        for (const named of text.querySelectorAll<HTMLElement>('.jcs-image-link')) {
          if (named.dataset['address'] === address) show(url, named);
        }
      }
    });
  }, [url, address]);
  return content.kind === 'failed' ? <Absent element={element} content={content} /> : null;
}

function show(url: string, named: HTMLElement): void {
  const image = named.querySelector('img') ?? document.createElement('img');
  if (image.parentElement === null) {
    image.alt = (named.textContent ?? '').replace(/^🖼 /u, '');
    named.replaceChildren(image);
  }
  if (image.src !== url) image.src = url;
}

/** Markdown writes out what an address may not have. */
function asInMarkdown(address: string): string {
  return encodeURI(address).replace(/%25/g, '%');
}
