/** Builds everything that is served or sent: chat, page and loader, and the one-file chat for front ends without a server. */

import { build, transform } from 'esbuild';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** `import text from './x.css?inline'`: the styles of a part of the chat that is loaded later travel with it. */
const inlineStyles = {
  name: 'inline-styles',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.css\?inline$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace('?inline', '')),
      namespace: 'inline-styles',
    }));
    onLoad({ filter: /./, namespace: 'inline-styles' }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'css', minify: true, target: 'es2022' });
      return { contents: code.trim(), loader: 'text', watchFiles: [path] };
    });
  },
};

/**
 * What every chat loads stays one file. esbuild puts what two parts share into a file of its own for each combination of parts; so each part
 * that is loaded later says that it needs the whole chat, which is there by then.
 */
const oneCore = {
  name: 'one-core',
  setup(building) {
    building.onResolve({ filter: /^\.\/[\w/]+\.js$/ }, ({ kind, path, resolveDir }) =>
      kind === 'dynamic-import' ? { path: join(resolveDir, path.replace(/js$/, 'tsx')), pluginData: 'part' } : undefined,
    );
    building.onLoad({ filter: /\.tsx$/ }, async ({ path, pluginData }) => {
      if (pluginData !== 'part') return undefined;
      return { contents: `${await readFile(path, 'utf8')}\nimport ${JSON.stringify(join(import.meta.dirname, 'src/chat.tsx'))};`, loader: 'tsx', resolveDir: dirname(path) };
    });
  },
};

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
  plugins: [inlineStyles],
};

await rm(outdir, { recursive: true, force: true });
await Promise.all([
  build({
    ...common,
    entryPoints: { chat: 'src/chat.tsx', page: 'src/page.ts' },
    outdir,
    plugins: [inlineStyles, oneCore],
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    define: { IS_INLINE: 'false' },
    metafile: true,
  }).then((result) => import('node:fs/promises').then((fs) => fs.writeFile(`${outdir}/meta.json`, JSON.stringify(result.metafile)))),
  build({ ...common, entryPoints: { 'chat-inline': 'src/chat.tsx' }, outdir, define: { IS_INLINE: 'true' } }),
  build({ ...common, entryPoints: { loader: 'src/loader.ts' }, outdir }),
  build({ ...common, entryPoints: { chat: 'src/style/chat.css', frame: 'src/style/frame.css' }, outdir }),
]);
