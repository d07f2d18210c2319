/**
 * The styles of a part of the chat that is loaded later: they travel with its code, so that it never shows without them.
 * As a constructed sheet, which the page's Content-Security-Policy lets through where a `<style>` element would be refused.
 */

const adopted = new Set<string>();

/** Add a style sheet to the page, once. */
export function adopt(text: string): void {
  if (adopted.has(text) || !('adoptedStyleSheets' in document)) return;
  adopted.add(text);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets.push(sheet);
}
