/**
 * Plotly adds its rules to a sheet as soon as it is loaded. It is given one that we adopt: a `<style>` element of its own would be refused by
 * the page's Content-Security-Policy.
 */

const ID = 'plotly.js-style-global';

if (document.getElementById(ID) === null) {
  const sheet = new CSSStyleSheet();
  const holder = document.createElement('meta');
  holder.id = ID;
  Object.defineProperty(holder, 'sheet', { value: sheet });
  document.head.append(holder);
  document.adoptedStyleSheets.push(sheet);
}
