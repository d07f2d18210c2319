/** What every part of the chat may need of the whole: the connection, and a way to open an element beside the conversation. */

import { createContext } from 'preact';

import type { Connection } from '../connection.js';
import type { Element } from '../frames.js';

export interface Looking {
  readonly connection: Connection;
  readonly open: (element: Element) => void;
  /** The renderers of the front end that shows the widget, where it has any. */
  readonly rendermime?: unknown;
}

export const LookingContext = createContext<Looking | null>(null);
