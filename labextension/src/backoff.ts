/**
 * How long to wait before the next try: full jitter, so that a class does not come back all at once.
 *
 * Most cuts are short, so the first tries come quickly, for about two seconds; after that a server that is away is
 * asked less and less often.
 */

export const QUICK_WAIT_MS = 400;
export const QUICK_TRIES = 10;
export const LONGEST_WAIT_MS = 15_000;

/**
 * @param tries How many tries failed so far, from 0.
 * @param random A number from 0 up to 1.
 * @returns Milliseconds.
 */
export function waitBeforeTry(tries: number, random: number): number {
  const doublings = Math.min(16, Math.max(0, tries - QUICK_TRIES + 1));
  return Math.round(random * Math.min(LONGEST_WAIT_MS, QUICK_WAIT_MS * 2 ** doublings));
}
