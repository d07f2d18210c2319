import { expect, it } from 'vitest';

import { ServerThreads, fileName } from '../src/threads.js';

function server(answer: () => Response): { readonly asked: string[]; readonly threads: ServerThreads } {
  const asked: string[] = [];
  const threads = new ServerThreads((path, method) => {
    asked.push(`${method} ${path}`);
    return Promise.resolve(answer());
  });
  return { asked, threads };
}

it('lists the threads of one channel, and leaves out what is none', async () => {
  const good = { thread: 't1', name: 'Planets', createdAt: 'c', updatedAt: 'u', steps: 2 };
  const { asked, threads } = server(() => Response.json({ threads: [good, null, { thread: 't2' }] }));
  expect(await threads.list('a b/c')).toEqual([good]);
  expect(asked).toEqual(['GET threads?channel=a%20b%2Fc']);
});

it('takes an answer of another shape for none', async () => {
  expect(await server(() => Response.json({})).threads.list('demo')).toEqual([]);
});

it('deletes and exports', async () => {
  const { asked, threads } = server(() => new Response('# Planets'));
  await threads.remove('t1');
  expect(await (await threads.export('t1', 'markdown')).text()).toBe('# Planets');
  expect(asked).toEqual(['DELETE threads/t1', 'GET threads/t1/export?format=markdown']);
});

it.each([
  ['What is Ümlaut?', 'markdown', 'What-is-Ümlaut.md'],
  ['../../etc/passwd', 'json', 'etc-passwd.json'],
  ['  ', 'notebook', 'conversation.ipynb'],
  ['x'.repeat(200), 'json', `${'x'.repeat(60)}.json`],
] as const)('names the file of %s', (name, format, file) => {
  expect(fileName(name, format)).toBe(file);
});
