/** How long to wait before the next try: full jitter, so that a class does not come back all at once. */

export const FIRST_WAIT_MS = 250;
export const LONGEST_WAIT_MS = 15_000;

/**
 * @param tries How many tries failed so far, from 0.
 * @param random A number from 0 up to 1.
 * @returns Milliseconds.
 */
export function waitBeforeTry(tries: number, random: number): number {
  return Math.round(random * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 16)));
}
