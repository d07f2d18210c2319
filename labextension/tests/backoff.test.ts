import fc from 'fast-check';
import { expect, it } from 'vitest';

import { LONGEST_WAIT_MS, QUICK_TRIES, QUICK_WAIT_MS, waitBeforeTry } from '../src/backoff.js';

it('tries quickly at first, then waits up to twice as long each time, and never longer than the longest', () => {
  const longest = (tries: number): number => waitBeforeTry(tries, 1);
  expect([0, 1, QUICK_TRIES - 1].map(longest)).toEqual([QUICK_WAIT_MS, QUICK_WAIT_MS, QUICK_WAIT_MS]);
  expect([QUICK_TRIES, QUICK_TRIES + 1].map(longest)).toEqual([2 * QUICK_WAIT_MS, 4 * QUICK_WAIT_MS]);
  fc.assert(
    fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
      const wait = waitBeforeTry(tries, random);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(LONGEST_WAIT_MS);
    }),
  );
});
