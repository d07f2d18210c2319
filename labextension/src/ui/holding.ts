/**
 * Lets what a key has changed be rendered a little later, with what the hub says to it.
 *
 * Where the press of a key asks for a frame, Chromium keeps everything that comes from elsewhere until that frame is painted: the answer would be
 * seen a frame later than it could be.
 */

import { options } from 'preact';

/** How long it is rendered later at most, in milliseconds: half a frame, and twice what a hub on the same machine takes. */
const PATIENCE_MS = 8;

/** What one does next: it finds everything rendered. */
const ACTS = ['keydown', 'beforeinput', 'pointerdown'] as const;

let isHolding = false;
let isActing = false;
let held: (() => void) | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

options.debounceRendering = (render) => {
  if (isHolding) held = render;
  else queueMicrotask(render);
};

/** Whether what changes now is rendered later. */
export function isHeld(): boolean {
  return isHolding;
}

/** Do something; what it changes is rendered when `renderHeld` is called, when one does the next thing, or soon. */
export function renderLater(act: () => void): void {
  if (!isHolding) {
    isHolding = true;
    timer = setTimeout(renderHeld, PATIENCE_MS);
    for (const type of ACTS) addEventListener(type, renderHeld, true);
  }
  isActing = true;
  try {
    act();
  } finally {
    isActing = false;
  }
}

/** Render what was held. */
export function renderHeld(): void {
  if (!isHolding || isActing) return;
  isHolding = false;
  clearTimeout(timer);
  for (const type of ACTS) removeEventListener(type, renderHeld, true);
  const render = held;
  held = null;
  render?.();
}
