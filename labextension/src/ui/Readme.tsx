/** What the author says about the chat, in a panel: a button in the header opens it. */

import { useEffect, useRef, useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import styles from '../style/readme.css?inline';
import { Markdown } from './Markdown.js';

adopt(styles);

export interface ReadmeProps {
  /** Markdown, as untrusted as what a bot says. */
  readonly text: string;
  readonly allowRemoteImages: boolean;
}

export function Readme({ text, allowRemoteImages }: ReadmeProps) {
  const [isOpen, setIsOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!isOpen) return;
    panel.current?.focus();
    const onPointer = (event: PointerEvent): void => {
      if (event.target instanceof Node && place.current?.contains(event.target) !== true) setIsOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [isOpen]);

  const leave = (): void => {
    setIsOpen(false);
    button.current?.focus();
  };
  return (
    <div
      ref={place}
      onKeyDown={(event) => isOpen && event.key === 'Escape' && leave()}
      onFocusOut={(event) => {
        if (event.relatedTarget instanceof Node && place.current?.contains(event.relatedTarget) !== true) setIsOpen(false);
      }}
    >
      <button
        type="button"
        class="jcs-quiet jcs-icon"
        aria-label="Readme"
        aria-expanded={isOpen}
        title="About this chat"
        ref={button}
        onClick={() => setIsOpen(!isOpen)}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="5.5" />
          <path d="M8 7.3v3.6M8 5v.4" />
        </svg>
      </button>
      {isOpen && (
        <div class="jcs-panel jcs-readme" role="region" aria-label="Readme" tabIndex={0} ref={panel}>
          <Markdown text={text} isStreaming={false} allowRemoteImages={allowRemoteImages} />
        </div>
      )}
    </div>
  );
}
