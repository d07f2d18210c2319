/** Loads what the chat loads when it is first shown, so that tests of what is shown need not wait for it. */

import * as parts from '../src/ui/later.js';

for (const part of Object.values(parts)) if ('load' in part) await part.load();
