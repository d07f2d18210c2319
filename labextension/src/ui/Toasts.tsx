/** Short notices below the header. One that is pointed at, or has the focus, stays. */

import { useEffect, useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import type { Connection, Toast } from '../connection.js';
import styles from '../style/toasts.css?inline';

adopt(styles);

const SHOWN_MS = 6_000;
/** What went wrong is read more slowly. */
const WRONG_SHOWN_MS = 12_000;
const KINDS: ReadonlySet<string> = new Set(['info', 'success', 'warning', 'error']);

export function Toasts({ connection }: { readonly connection: Connection }) {
  return (
    <>
      {connection.toasts.map((toast) => (
        <Notice key={toast.id} toast={toast} onLeave={() => connection.dismissToast(toast.id)} />
      ))}
    </>
  );
}

function Notice({ toast, onLeave }: { readonly toast: Toast; readonly onLeave: () => void }) {
  const [isHeld, setIsHeld] = useState(false);
  const kind = KINDS.has(toast.kind) ? toast.kind : 'info';
  const isWrong = kind === 'warning' || kind === 'error';
  useEffect(() => {
    if (isHeld) return undefined;
    const timer = setTimeout(onLeave, isWrong ? WRONG_SHOWN_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isHeld]);
  return (
    <div
      class={`jcs-toast jcs-toast-${kind}`}
      role={isWrong ? 'alert' : undefined}
      onMouseEnter={() => setIsHeld(true)}
      onMouseLeave={() => setIsHeld(false)}
      onFocusIn={() => setIsHeld(true)}
      onFocusOut={() => setIsHeld(false)}
    >
      <span>{toast.text}</span>
      <button type="button" class="jcs-tool" aria-label="Dismiss" title="Dismiss" onClick={onLeave}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M4.5 4.5 11.5 11.5M11.5 4.5 4.5 11.5" />
        </svg>
      </button>
    </div>
  );
}
