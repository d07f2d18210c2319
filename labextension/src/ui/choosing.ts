/** What the place to write asks of the choices beside it, which are loaded when there are any. */

import type { Beside } from '../frames.js';

export interface Choosing {
  /** Take a key that is pressed while writing; returns whether it was for the choices. */
  onKey(event: KeyboardEvent): boolean;
  /** What goes with the message. */
  beside(): Beside;
  /** The message was taken. */
  onSent(): void;
}

export const NOTHING_TO_CHOOSE: Choosing = { onKey: () => false, beside: () => ({}), onSent: () => undefined };
