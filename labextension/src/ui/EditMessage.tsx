/** A message of one's own, being changed: Enter saves, Escape leaves it as it was. */

import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import styles from '../style/editing.css?inline';

adopt(styles);

export interface EditMessageProps {
  readonly text: string;
  /** Not while something is being answered, or the connection is gone. */
  readonly canSend: boolean;
  readonly onSave: (text: string) => void;
  readonly onLeave: () => void;
}

export function EditMessage({ text, canSend, onSave, onLeave }: EditMessageProps) {
  const [draft, setDraft] = useState(text);
  const field = useRef<HTMLTextAreaElement>(null);
  // Before anybody can see it: who types or selects at once would have the caret moved away.
  useLayoutEffect(() => {
    const area = field.current;
    area?.focus();
    area?.setSelectionRange(area.value.length, area.value.length);
  }, []);
  const canSave = canSend && draft.trim() !== '';
  const save = (): void => {
    if (canSave) onSave(draft);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      save();
    } else if (event.key === 'Escape') onLeave();
  };
  return (
    <form
      class="jcs-editing"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        aria-label="Your message, changed"
        rows={Math.min(8, draft.split('\n').length)}
        value={draft}
        ref={field}
        onInput={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div class="jcs-choices">
        <span class="jcs-hint">It takes the place of all that was said after it.</span>
        <button type="button" class="jcs-quiet" onClick={onLeave}>
          Cancel
        </button>
        <button type="submit" class="jcs-primary" disabled={!canSave}>
          Send
        </button>
      </div>
    </form>
  );
}
