/** Builds everything that is served or sent: chat, page and loader, and the one-file chat for front ends without a server. */

import { build } from 'esbuild';
import { rm } from 'node:fs/promises';

const outdir = '../jupyter_chat_sessions/static';
const common = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning',
};

await rm(outdir, { recursive: true, force: true });
await Promise.all([
  build({
    ...common,
    entryPoints: { chat: 'src/chat.tsx', page: 'src/page.ts' },
    outdir,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    define: { IS_INLINE: 'false' },
    metafile: true,
  }).then((result) => import('node:fs/promises').then((fs) => fs.writeFile(`${outdir}/meta.json`, JSON.stringify(result.metafile)))),
  build({ ...common, entryPoints: { 'chat-inline': 'src/chat.tsx' }, outdir, define: { IS_INLINE: 'true' } }),
  build({ ...common, entryPoints: { loader: 'src/loader.ts' }, outdir }),
  build({ ...common, entryPoints: { chat: 'src/style/chat.css' }, outdir }),
]);
