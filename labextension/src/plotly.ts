/** Draws figures. Loaded when the first one is shown. */

import './plotly-sheet.js';

import Plotly from 'plotly.js-strict-dist-min';

export { Plotly };
