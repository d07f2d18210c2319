/** Whether the chat is dark, for what draws colours of its own. */

import { useEffect, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

/** Whether a place stands on a dark ground now. */
export function isDarkAt(place: HTMLElement): boolean {
  return getComputedStyle(place).colorScheme === 'dark';
}

/** Return whether what is drawn in a place stands on a dark ground, also when that changes. */
export function useIsDark(place: RefObject<HTMLElement>): boolean {
  const [isDark, setIsDark] = useState(false);
  useEffect(() => {
    const look = (): void => {
      if (place.current !== null) setIsDark(isDarkAt(place.current));
    };
    look();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', look);
    // JupyterLab tells its theme on its body.
    const observer = new MutationObserver(look);
    observer.observe(document.body, { attributes: true, attributeFilter: ['data-jp-theme-light'] });
    return () => {
      scheme.removeEventListener('change', look);
      observer.disconnect();
    };
  }, []);
  return isDark;
}
