import fc from 'fast-check';
import { expect, it } from 'vitest';

import { FIRST_WAIT_MS, LONGEST_WAIT_MS, waitBeforeTry } from '../src/backoff.js';

it('waits up to the first wait at first, twice as long each time, and never longer than the longest', () => {
  expect([0, 1, 2].map((tries) => waitBeforeTry(tries, 1))).toEqual([FIRST_WAIT_MS, 2 * FIRST_WAIT_MS, 4 * FIRST_WAIT_MS]);
  fc.assert(
    fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
      const wait = waitBeforeTry(tries, random);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(LONGEST_WAIT_MS);
    }),
  );
});
