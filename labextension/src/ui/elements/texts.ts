/** The texts that elements stand with. */

/** Call something for the texts of a step that are not its elements', now and whenever they have changed; return what ends that. */
export function watchTexts(around: HTMLElement, look: (texts: readonly HTMLElement[]) => void): () => void {
  const own = around.closest('article');
  const watch = (): void => {
    look(
      [...around.querySelectorAll<HTMLElement>('.jcs-markdown')].filter(
        (text) => text.closest('article') === own && text.closest('.jcs-elements') === null,
      ),
    );
    // What it changed itself.
    observer.takeRecords();
  };
  const observer = new MutationObserver(watch);
  observer.observe(around, { childList: true, subtree: true });
  watch();
  return () => observer.disconnect();
}
