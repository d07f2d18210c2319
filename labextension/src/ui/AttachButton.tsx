/** Opens the browser's own dialog for files. */

import type { RefObject } from 'preact';

import type { Uploads } from '../frames.js';

export interface FileInputProps {
  readonly allowed: Uploads;
  readonly input: RefObject<HTMLInputElement>;
  readonly onFiles: (files: FileList) => void;
}

/** The browser's control, which is never seen: its look is not ours. */
export function FileInput({ allowed, input, onFiles }: FileInputProps) {
  return (
    <input
      ref={input}
      type="file"
      hidden
      multiple={allowed.maxFiles !== 1}
      accept={(allowed.accept ?? []).join(',')}
      onChange={({ currentTarget }) => {
        if (currentTarget.files !== null) onFiles(currentTarget.files);
        // Else the same file could not be chosen a second time.
        currentTarget.value = '';
      }}
    />
  );
}

export function AttachButton({ onChoose }: { readonly onChoose: () => void }) {
  return (
    <button type="button" class="jcs-attach" aria-label="Attach files" title="Attach files" onClick={onChoose}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M13 7.5 8 12.5a3 3 0 0 1-4.3-4.3l5.2-5.2a2 2 0 0 1 2.9 2.9l-5.2 5.2a1 1 0 0 1-1.4-1.4l4.7-4.7" />
      </svg>
    </button>
  );
}
