/** Notices when a page comes back: seen again, online again, out of the history, or after the computer slept. */

const TICK_MS = 500;
const SLEEP_MS = 5_000;

/**
 * @param onWake Called when a line that looks alive may have died meanwhile.
 * @returns What ends the watch.
 */
export function watchWaking(onWake: () => void): () => void {
  const onSeen = (): void => {
    if (document.visibilityState === 'visible') onWake();
  };
  let ticked = Date.now();
  // While a computer sleeps no timer runs: the next one comes far too late.
  const timer = setInterval(() => {
    const late = Date.now() - ticked - TICK_MS;
    ticked = Date.now();
    if (late > SLEEP_MS) onSeen();
  }, TICK_MS);
  addEventListener('online', onSeen);
  addEventListener('pageshow', onSeen);
  document.addEventListener('visibilitychange', onSeen);
  return () => {
    clearInterval(timer);
    removeEventListener('online', onSeen);
    removeEventListener('pageshow', onSeen);
    document.removeEventListener('visibilitychange', onSeen);
  };
}
