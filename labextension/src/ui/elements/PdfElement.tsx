/** A PDF in the browser's own viewer, opened at its page; where there is no such viewer, a file. */

import { useRef } from 'preact/hooks';

import { useContent, useIsNear, useUrl } from './content.js';
import { Absent, Download, nameOf } from './shared.js';
import type { ElementProps } from './shared.js';

export function PdfElement({ element, isLarge = false }: ElementProps) {
  const place = useRef<HTMLDivElement>(null);
  const isNear = useIsNear(place);
  const canShow = navigator.pdfViewerEnabled;
  const content = useContent(element, isNear && canShow);
  const url = useUrl(content, 'application/pdf');
  const page = Number(element.props?.['page']);
  if (!canShow) return <Download element={element} />;
  return (
    <div class={`jcs-pdf ${isLarge ? 'jcs-whole' : ''}`} ref={place}>
      {url === null ? (
        <Absent element={element} content={content} />
      ) : (
        <iframe src={page >= 1 ? `${url}#page=${Math.floor(page)}` : url} title={nameOf(element)} />
      )}
      <Download element={element} />
    </div>
  );
}
