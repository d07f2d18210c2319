/** Prints what the first load of the chat weighs, and fails when it is 60 kB or more. */

import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

const LIMIT = 60_000;
const root = new URL('../jupyter_chat_sessions/static/', import.meta.url);
const meta = JSON.parse(await readFile(new URL('meta.json', root), 'utf8'));
const prefix = '../jupyter_chat_sessions/static/';

/** Everything that a file loads before it runs. */
function firstLoad(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const { path, kind } of meta.outputs[name].imports) if (kind === 'import-statement') firstLoad(path, seen);
  return seen;
}

const files = [...firstLoad(`${prefix}page.js`)].map((name) => name.slice(prefix.length)).concat('chat.css');
let total = 0;
for (const file of files) {
  const bytes = gzipSync(await readFile(new URL(file, root))).length;
  total += bytes;
  console.log(`${String(bytes).padStart(8)}  ${file}`);
}
console.log(`${String(total).padStart(8)}  first load, bytes gzipped (limit ${LIMIT})`);
if (total >= LIMIT) process.exit(1);
