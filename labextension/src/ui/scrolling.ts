/** Keeps the end of the conversation in view, unless somebody reads further up. */

import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { MutableRef } from 'preact/hooks';

const NEAR_END_PX = 48;

export interface Scrolling {
  readonly frame: MutableRef<HTMLDivElement | null>;
  readonly content: MutableRef<HTMLDivElement | null>;
  readonly isAtEnd: MutableRef<boolean>;
  /** Something came that is below what is seen. */
  readonly hasNews: boolean;
  readonly onScroll: () => void;
  readonly toEnd: () => void;
}

/**
 * What a render needs of the layout is noted when the browser has laid out, and the end is scrolled to there: asked for in between, each
 * render would pay for a layout that the next frame makes anyway.
 *
 * @param first What stands first; when it changes, what is read stays where it is.
 * @param last What stands last; when it changes, there is news.
 * @param said How much was said here and is not confirmed; when it grows, its author wants to see it.
 */
export function useScrolling(first: unknown, last: unknown, said: number): Scrolling {
  const frame = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const top = useRef(0);
  const height = useRef(0);
  const seen = useRef({ first, last, said });
  const [hasNews, setHasNews] = useState(false);

  const toEnd = useCallback((): void => {
    isAtEnd.current = true;
    setHasNews(false);
    if (frame.current === null) return;
    frame.current.scrollTop = frame.current.scrollHeight;
    top.current = frame.current.scrollTop;
  }, []);

  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const before = seen.current;
    seen.current = { first, last, said };
    if (isAtEnd.current) return;
    if (said > before.said) toEnd();
    else if (first !== before.first) element.scrollTop += element.scrollHeight - height.current;
    else if (last !== before.last) setHasNews(true);
  });

  // Whatever grows: what was said, and pictures, formulas and colours after it; the frame itself changes with the window and the composer.
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) toEnd();
      height.current = frame.current?.scrollHeight ?? 0;
    });
    for (const element of [frame.current, content.current]) if (element !== null) observer.observe(element);
    return () => observer.disconnect();
  }, [toEnd]);

  const onScroll = (): void => {
    const element = frame.current;
    if (element === null) return;
    const { scrollHeight, scrollTop, clientHeight } = element;
    // Who has not scrolled up has not left the end: browsers tell of a scroll after what stands there has grown on.
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX || (isAtEnd.current && scrollTop >= top.current);
    top.current = scrollTop;
    if (isAtEnd.current) setHasNews(false);
  };
  return { frame, content, isAtEnd, hasNews, onScroll, toEnd };
}
