/**
 * Draws figures. Loaded when the first one is shown.
 * Plotly adds its rules to a sheet that we adopt: a `<style>` element of its own would be refused by the page's Content-Security-Policy.
 */

import Plotly from 'plotly.js-strict-dist-min';

function giveSheet(): void {
  const id = 'plotly.js-style-global';
  if (document.getElementById(id) !== null) return;
  const sheet = new CSSStyleSheet();
  const holder = document.createElement('meta');
  holder.id = id;
  Object.defineProperty(holder, 'sheet', { value: sheet });
  document.head.append(holder);
  document.adoptedStyleSheets.push(sheet);
}

export { Plotly, giveSheet };
