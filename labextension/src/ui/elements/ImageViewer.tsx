/** A picture, as large as the window: plus and minus zoom, arrow keys move, Escape leaves. */

import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import type { Element } from '../../frames.js';
import { Download, nameOf } from './shared.js';

export interface ImageViewerProps {
  readonly element: Element;
  readonly url: string;
  readonly onClose: () => void;
}

const STEPS = [1, 1.5, 2, 3, 4, 6, 8];

export function ImageViewer({ element, url, onClose }: ImageViewerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [zoom, setZoom] = useState(0);
  useLayoutEffect(() => {
    // Where there is no modal dialog, as in tests, one that is open will do.
    if (typeof dialog.current?.showModal === 'function') dialog.current.showModal();
    else dialog.current?.setAttribute('open', '');
  }, []);
  const close = (): void => {
    // First: as long as it is open, nothing outside of it can be focused.
    if (typeof dialog.current?.close === 'function') dialog.current.close();
    onClose();
  };
  const change = (by: number): void => setZoom((at) => Math.min(STEPS.length - 1, Math.max(0, at + by)));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.preventDefault();
      close();
    } else if (event.key === '+' || event.key === '=') change(1);
    else if (event.key === '-') change(-1);
    else if (event.key === '0') setZoom(0);
  };
  const scale = STEPS[zoom] ?? 1;
  const name = nameOf(element);
  return (
    <dialog
      class="jcs-viewer"
      aria-label={name}
      ref={dialog}
      onKeyDown={onKeyDown}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <div class="jcs-viewer-bar">
        <strong>{name}</strong>
        <button type="button" class="jcs-quiet" aria-label="Zoom out" disabled={zoom === 0} onClick={() => change(-1)}>
          −
        </button>
        <span class="jcs-clock" role="status">
          {Math.round(scale * 100)} %
        </span>
        <button
          type="button"
          class="jcs-quiet"
          aria-label="Zoom in"
          disabled={zoom === STEPS.length - 1}
          onClick={() => change(1)}
        >
          +
        </button>
        {(element.file != null || element.url?.startsWith('data:') === true) && (
          <Download element={element} label="Save" />
        )}
        <button type="button" class="jcs-quiet" onClick={close}>
          Close
        </button>
      </div>
      <div class="jcs-viewer-ground" tabIndex={0} role="group" aria-label="Picture" onDblClick={() => setZoom(zoom === 0 ? 2 : 0)}>
        <img src={url} alt={name} referrerpolicy="no-referrer" style={{ width: `${scale * 100}%`, height: `${scale * 100}%` }} />
      </div>
    </dialog>
  );
}
