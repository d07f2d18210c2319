/** Sound and film, with the browser's own controls. */

import { useRef, useState } from 'preact/hooks';

import { sizeText, useContent, useIsNear, useUrl } from './content.js';
import { Absent, Download, Elsewhere, nameOf } from './shared.js';
import type { ElementProps } from './shared.js';

/** What is larger is not fetched before somebody wants it. */
const UNASKED_BYTES = 8_000_000;

export function MediaElement({ element }: ElementProps) {
  const place = useRef<HTMLDivElement>(null);
  const isNear = useIsNear(place);
  const plays = element.props?.['autoPlay'] === true;
  const [isAsked, setIsAsked] = useState(plays || (element.bytes ?? 0) <= UNASKED_BYTES);
  const [isBroken, setIsBroken] = useState(false);
  const content = useContent(element, isAsked && isNear);
  const isAudio = element.type === 'audio';
  const kind = isAudio ? 'audio' : 'video';
  const mime = element.mime?.startsWith(`${kind}/`) === true ? element.mime : isAudio ? 'audio/mpeg' : 'video/mp4';
  const url = useUrl(content, mime);
  const name = nameOf(element);
  if (content.kind === 'elsewhere') return <Elsewhere element={element} />;
  return (
    <div class={`jcs-${kind}`} ref={place}>
      <div class="jcs-element-name">{name}</div>
      {isBroken ? (
        <span class="jcs-hint">
          This browser cannot play it. <Download element={element} />
        </span>
      ) : url === null && !isAsked ? (
        <button type="button" class="jcs-chip" onClick={() => setIsAsked(true)}>
          Load {name} <span class="jcs-hint">{sizeText(element.bytes)}</span>
        </button>
      ) : url === null ? (
        <Absent element={element} content={content} />
      ) : isAudio ? (
        <audio src={url} controls autoPlay={plays} aria-label={name} onError={() => setIsBroken(true)} />
      ) : (
        <video src={url} controls autoPlay={plays} playsInline aria-label={name} onError={() => setIsBroken(true)} />
      )}
    </div>
  );
}
