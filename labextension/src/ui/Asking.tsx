/** Asks before a conversation that is kept nowhere ends for another one. */

import { useLayoutEffect, useRef } from 'preact/hooks';

import type { Connection } from '../connection.js';

export interface AskingProps {
  readonly onKeep: () => void;
  readonly onEnd: () => void;
}

export function Asking({ onKeep, onEnd }: AskingProps) {
  const keep = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => keep.current?.focus(), []);
  return (
    <div
      class="jcs-panel jcs-asking"
      role="alertdialog"
      aria-label="End this conversation?"
      aria-describedby="jcs-asking"
      onKeyDown={(event) => event.key === 'Escape' && onKeep()}
    >
      <span id="jcs-asking">Conversations are not kept here. A new chat ends this one for good.</span>
      <span class="jcs-choices">
        <button type="button" class="jcs-quiet" ref={keep} onClick={onKeep}>
          Keep it
        </button>
        <button type="button" class="jcs-quiet jcs-danger" onClick={onEnd}>
          End it and begin anew
        </button>
      </span>
    </div>
  );
}

/** Whether a new conversation is the end of this one for good: where nothing keeps conversations, and something was said. */
export function wouldBeLost(connection: Connection): boolean {
  const hasSteps = (connection.conversation?.steps.length ?? 0) > 0;
  return connection.threads === null && hasSteps && connection.status.kind !== 'ended';
}
