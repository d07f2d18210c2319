/**
 * Beside the conversation: an element that somebody opened, or what the author puts into the sidebar. On narrow screens, and for an element
 * that has a page to itself, it takes the conversation's place, with a way back.
 */

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import { isElement } from '../frames.js';
import type { Element } from '../frames.js';
import { plainName } from '../markdown.js';
import styles from '../style/panel.css?inline';
import { ElementView } from './elements/ElementView.js';
import { nameOf } from './elements/shared.js';
import elementStyles from '../style/elements.css?inline';

adopt(elementStyles);
adopt(styles);

export interface PanelProps {
  /** What somebody opened. */
  readonly opened: Element | null;
  /** The state `sidebar`, as it came. */
  readonly sidebar: unknown;
  readonly onClose: () => void;
}

const WIDE_PX = 720;
const MIN_PX = 240;
const KEY_STEP_PX = 32;

export function Panel({ opened, sidebar, onClose }: PanelProps) {
  const place = useRef<HTMLDivElement>(null);
  const [dismissed, setDismissed] = useState<string | null>(null);
  const width = useRootWidth(place);
  const [chosen, setChosen] = useState<number | null>(null);
  const shown = readSidebar(sidebar);
  const isSidebar = opened === null && shown !== null && shown.key !== dismissed;
  const isOpen = opened !== null || isSidebar;
  const isPage = opened?.display === 'page';
  const isBeside = isOpen && !isPage && width >= WIDE_PX;
  const most = Math.max(MIN_PX, width - 320);
  const size = Math.min(most, Math.max(MIN_PX, chosen ?? Math.round(width * 0.42)));
  const close = (): void => {
    if (shown !== null) setDismissed(shown.key);
    onClose();
  };

  // A sidebar that is new takes the place of what somebody has opened, as it does in Chainlit.
  const key = shown?.key ?? null;
  const seen = useRef(key);
  useEffect(() => {
    if (key !== null && key !== seen.current && opened !== null) onClose();
    seen.current = key;
  }, [key]);

  useLayoutEffect(() => {
    const root = place.current?.closest<HTMLElement>('.jcs');
    if (root == null) return undefined;
    root.style.paddingRight = isBeside ? `${size}px` : '';
    return () => void (root.style.paddingRight = '');
  }, [isBeside, size]);
  useCovering(place, isOpen && !isBeside);
  useFocus(place, opened?.id ?? null);

  const title = opened !== null ? nameOf(opened) : plainName(shown?.title ?? '') || 'Beside the conversation';
  const elements = opened !== null ? [opened] : (shown?.elements ?? []);
  return (
    <div class="jcs-beside" ref={place}>
      {isOpen ? (
        <div
          class={isBeside ? 'jcs-side' : 'jcs-cover'}
          style={isBeside ? { width: `${size}px` } : {}}
          {...(isBeside ? { role: 'complementary' } : { role: 'dialog', 'aria-modal': true })}
          aria-label={title}
          tabIndex={-1}
          onKeyDown={(event: KeyboardEvent) => event.key === 'Escape' && !event.defaultPrevented && close()}
        >
          {isBeside && <Separator size={size} most={most} onChange={setChosen} />}
          <div class="jcs-side-head">
            {!isBeside && (
              <button type="button" class="jcs-quiet" onClick={close}>
                ← Back
              </button>
            )}
            <h2>{title}</h2>
            {isBeside && (
              <button type="button" class="jcs-tool" aria-label={`Close ${title}`} title="Close" onClick={close}>
                <svg viewBox="0 0 16 16" aria-hidden="true">
                  <path d="M4 4l8 8M12 4l-8 8" />
                </svg>
              </button>
            )}
          </div>
          <div class="jcs-side-body" tabIndex={0} role="group" aria-label={`What is in ${title}`}>
            {elements.map((element) => (
              <ElementView key={element.id} element={element} isLarge={elements.length === 1} />
            ))}
          </div>
        </div>
      ) : (
        shown !== null && (
          <button type="button" class="jcs-quiet jcs-reopen" onClick={() => setDismissed(null)}>
            Show {plainName(shown.title) || 'what stands beside'}
          </button>
        )
      )}
    </div>
  );
}

interface Sidebar {
  readonly title: string;
  readonly key: string;
  readonly elements: readonly Element[];
}

/** Read the state `sidebar`; one without elements and title is none. Without a key of its own, it is known by what is in it. */
export function readSidebar(state: unknown): Sidebar | null {
  if (typeof state !== 'object' || state === null) return null;
  const { title, key, elements } = state as Readonly<Record<string, unknown>>;
  const known = Array.isArray(elements) ? elements.filter(isElement) : [];
  const name = typeof title === 'string' ? title : '';
  if (known.length === 0 && name === '') return null;
  const own = typeof key === 'string' && key !== '' ? key : null;
  return { title: name, key: own ?? `${name} ${known.map((element) => element.id).join(' ')}`, elements: known };
}

/** The line between the two, moved with the mouse or the arrow keys. */
function Separator({ size, most, onChange }: { readonly size: number; readonly most: number; readonly onChange: (size: number) => void }) {
  const onPointerDown = (event: PointerEvent & { readonly currentTarget: HTMLElement }): void => {
    event.preventDefault();
    const line = event.currentTarget;
    line.setPointerCapture(event.pointerId);
    const [start, before] = [event.clientX, size];
    line.onpointermove = (move) => onChange(before + start - move.clientX);
    line.onpointerup = line.onpointercancel = () => (line.onpointermove = null);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = { ArrowLeft: size + KEY_STEP_PX, ArrowRight: size - KEY_STEP_PX, Home: MIN_PX, End: most }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onChange(Math.min(most, Math.max(MIN_PX, next)));
  };
  return (
    <div
      class="jcs-separator"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the panel"
      aria-valuemin={MIN_PX}
      aria-valuemax={most}
      aria-valuenow={size}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
    />
  );
}

function useRootWidth(place: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const root = place.current?.closest<HTMLElement>('.jcs');
    if (root == null) return undefined;
    const measure = (): void => setWidth(root.clientWidth);
    measure();
    // The border box: the room for the panel is taken from what is inside.
    const observer = new ResizeObserver(measure);
    observer.observe(root, { box: 'border-box' });
    return () => observer.disconnect();
  }, []);
  return width;
}

/** While something covers the conversation, nothing under it can be reached. */
function useCovering(place: { readonly current: HTMLElement | null }, isCovering: boolean): void {
  useLayoutEffect(() => {
    const own = place.current;
    if (!isCovering || own?.parentElement == null) return undefined;
    const covered = [...own.parentElement.children].filter((other) => other !== own && !other.hasAttribute('inert'));
    for (const other of covered) other.setAttribute('inert', '');
    return () => covered.forEach((other) => other.removeAttribute('inert'));
  }, [isCovering]);
}

/** Who opens something is taken there, and afterwards back to where they were. */
function useFocus(place: { readonly current: HTMLElement | null }, opened: string | null): void {
  useLayoutEffect(() => {
    if (opened === null) return undefined;
    const active = document.activeElement;
    place.current?.querySelector<HTMLElement>('.jcs-side, .jcs-cover')?.focus();
    return () => active instanceof HTMLElement && active.focus();
  }, [opened]);
}
