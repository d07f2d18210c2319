// @vitest-environment jsdom

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { watchWaking } from '../src/waking.js';

let stop: () => void;
let woken = 0;
let visibility: DocumentVisibilityState = 'visible';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
  visibility = 'visible';
  woken = 0;
  stop = watchWaking(() => void (woken += 1));
});
afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it.each(['online', 'pageshow'])('notices %s', (name) => {
  dispatchEvent(new Event(name));
  expect(woken).toBe(1);
});

it('notices that the page is seen again, not that it is hidden', () => {
  visibility = 'hidden';
  document.dispatchEvent(new Event('visibilitychange'));
  expect(woken).toBe(0);
  visibility = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  expect(woken).toBe(1);
});

it('notices that the computer slept, and nothing while it is awake', () => {
  vi.advanceTimersByTime(60_000);
  expect(woken).toBe(0);
  vi.setSystemTime(Date.now() + 8_000);
  vi.advanceTimersByTime(2_000);
  expect(woken).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(woken).toBe(1);
});

it('ends', () => {
  stop();
  dispatchEvent(new Event('online'));
  vi.setSystemTime(Date.now() + 60_000);
  vi.advanceTimersByTime(2_000);
  expect(woken).toBe(0);
});
