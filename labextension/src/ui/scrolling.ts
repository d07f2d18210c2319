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
 * @param first What stands first; when it changes, what is read stays where it is.
 * @param last What stands last; when it changes, there is news.
 * @param said How much was said here and is not confirmed; when it grows, its author wants to see it.
 */
export function useScrolling(first: unknown, last: unknown, said: number): Scrolling {
  const frame = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const top = useRef(0);
  const seen = useRef({ first, last, said, height: 0 });
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
    if (isAtEnd.current || said > before.said) toEnd();
    else if (first !== before.first) element.scrollTop += element.scrollHeight - before.height;
    else if (last !== before.last) setHasNews(true);
    seen.current = { first, last, said, height: element.scrollHeight };
  });

  // Pictures, formulas and colours come after the text; the frame itself changes with the window and the composer.
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) toEnd();
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
