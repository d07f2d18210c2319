/** A picture in a place of its size, so that nothing moves when it comes. Pressed, it opens large. */

import { useRef, useState } from 'preact/hooks';

import { later } from '../later.js';
import { placeOf, useContent, useIsNear, useText, useUrl } from './content.js';
import type { Content } from './content.js';
import { Absent, Download, nameOf, useAllowsRemote } from './shared.js';
import type { ElementProps } from './shared.js';

export const ImageViewer = later(() => import('./ImageViewer.js').then((part) => part.ImageViewer));

const RASTER = /^image\/(?:png|jpeg|gif|webp|avif|bmp|x-icon)$/;

export function ImageElement({ element, isLarge = false }: ElementProps) {
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  const [isBroken, setIsBroken] = useState(false);
  const isNear = useIsNear(place);
  const content = useContent(element, isNear);
  const source = usePicture(content, element.mime ?? '');
  const remote = useRemotePicture(element.url);
  const url = source ?? remote;
  const name = nameOf(element);
  const size = isLarge ? 'whole' : (SIZES.find((known) => known === element.size) ?? 'medium');
  const close = (): void => {
    setIsOpen(false);
    button.current?.focus();
  };
  return (
    <div class={`jcs-picture jcs-picture-${size}`} ref={place}>
      {isBroken ? (
        <span class="jcs-hint">
          {name} is no picture that can be shown. {element.file != null && <Download element={element} />}
        </span>
      ) : url !== null ? (
        <button type="button" ref={button} aria-label={`Open ${name}`} title={name} onClick={() => setIsOpen(true)}>
          <img src={url} alt={name} referrerpolicy="no-referrer" onError={() => setIsBroken(true)} />
        </button>
      ) : (
        <Absent element={element} content={content} />
      )}
      {isOpen && url !== null && <ImageViewer element={element} url={url} onClose={close} />}
    </div>
  );
}

const SIZES = ['small', 'medium', 'large'] as const;

/** A picture that stands on another server, where the chat lets such be loaded. */
function useRemotePicture(url: string | null | undefined): string | null {
  const allowsRemote = useAllowsRemote();
  const place = placeOf(url ?? '');
  return url != null && place.kind === 'remote' && allowsRemote ? place.url : null;
}

/**
 * An address for a picture. Of SVG it is a `data:` address: opened in a tab of its own, a `blob:` would run its scripts as this page's.
 */
export function usePicture(content: Content, mime: string): string | null {
  const blob = content.kind === 'here' ? content.blob : null;
  const type = RASTER.test(mime) ? mime : blob !== null && RASTER.test(blob.type) ? blob.type : 'image/png';
  const isSvg = (mime || blob?.type || '').startsWith('image/svg');
  const url = useUrl(isSvg ? LOADING : content, type);
  const svg = useText(isSvg ? content : LOADING);
  if (!isSvg) return url;
  return svg === null ? null : `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}

const LOADING: Content = { kind: 'loading' };
