import { describe, expect, it } from 'vitest';

import { Files } from '../src/files.js';

/** Fetches what a test lets it fetch, when the test says so. */
class Fetching {
  readonly asked: string[] = [];
  private readonly _answers = new Map<string, (blob: Blob | Error) => void>();

  readonly fetch = (id: string): Promise<Blob> => {
    this.asked.push(id);
    return new Promise((resolve, reject) =>
      this._answers.set(id, (answer) => (answer instanceof Blob ? resolve(answer) : reject(answer))),
    );
  };

  async answer(id: string, answer: Blob | Error): Promise<void> {
    this._answers.get(id)?.(answer);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

describe('files', () => {
  it('are fetched once, however often they are shown', async () => {
    const fetching = new Fetching();
    const files = new Files(fetching.fetch);
    const [first, second] = [files.read('a'), files.read('a')];
    await fetching.answer('a', new Blob(['x']));
    expect(await first).toBe(await second);
    expect(fetching.asked).toEqual(['a']);
  });

  it('are fetched four at a time', async () => {
    const fetching = new Fetching();
    const files = new Files(fetching.fetch);
    for (const id of 'abcdef') void files.read(id);
    expect(fetching.asked).toEqual(['a', 'b', 'c', 'd']);
    await fetching.answer('b', new Blob());
    expect(fetching.asked).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('that could not be fetched are fetched again, and give their turn to others', async () => {
    const fetching = new Fetching();
    const files = new Files(fetching.fetch);
    const failed = files.read('a').catch((error: Error) => error.message);
    await fetching.answer('a', new Error('away'));
    expect(await failed).toBe('away');
    const again = files.read('a');
    await fetching.answer('a', new Blob(['x']));
    expect((await again).size).toBe(1);
  });

  it('are let go when they are too much together, what was used longest ago first', async () => {
    const fetching = new Fetching();
    const files = new Files(fetching.fetch);
    const large = new Blob([new Uint8Array(40 * 1024 * 1024)]);
    for (const id of ['a', 'b']) {
      void files.read(id);
      await fetching.answer(id, large);
    }
    void files.read('b');
    void files.read('a');
    expect(fetching.asked).toEqual(['a', 'b', 'a']);
  });
});
