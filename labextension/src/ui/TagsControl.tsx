/** A list of texts: Enter adds what is written, Backspace in an empty field takes the last one away. */

import { useRef, useState } from 'preact/hooks';

import { MAX_TEXT } from '../frames.js';
import { plainName } from '../markdown.js';
import type { ControlProps } from './SettingControl.js';

export function TagsControl({ id, label, field, value, describedBy, onEdit }: ControlProps) {
  const [text, setText] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const tags = Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
  const add = (): void => {
    const tag = text.trim();
    setText('');
    if (tag !== '' && !tags.includes(tag)) onEdit([...tags, tag]);
  };
  const remove = (removed: string): void => {
    onEdit(tags.filter((tag) => tag !== removed));
    // The button that was pressed goes, and would take the focus with it.
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' || event.key === ',') {
      event.preventDefault();
      add();
    } else if (event.key === 'Backspace' && text === '' && tags.length > 0) {
      onEdit(tags.slice(0, -1));
    }
  };
  return (
    <div class="jcs-tags">
      <ul aria-label={label}>
        {tags.map((tag) => (
          <li key={tag}>
            <span>{plainName(tag)}</span>
            <button type="button" aria-label={`Remove ${plainName(tag)}`} disabled={field.isDisabled} onClick={() => remove(tag)}>
              <svg viewBox="0 0 16 16" aria-hidden="true">
                <path d="M4.5 4.5l7 7M11.5 4.5l-7 7" />
              </svg>
            </button>
          </li>
        ))}
      </ul>
      <input
        type="text"
        id={id}
        ref={input}
        disabled={field.isDisabled}
        aria-describedby={describedBy}
        maxLength={MAX_TEXT}
        placeholder="Write one and press Enter"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={add}
      />
    </div>
  );
}
