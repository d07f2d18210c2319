/** True in the bundle that is one file, where nothing can be loaded later. */
declare const IS_INLINE: boolean;

declare module 'highlight.js/lib/common' {
  import type { HLJSApi } from 'highlight.js';
  const highlighter: HLJSApi;
  export default highlighter;
}

/** The text of a style sheet, for `adopt`. */
declare module '*.css?inline' {
  const text: string;
  export default text;
}

declare module 'plotly.js-strict-dist-min' {
  const Plotly: {
    newPlot(place: HTMLElement, data: unknown, layout: unknown, config: unknown): Promise<unknown>;
    purge(place: HTMLElement): void;
    readonly Plots: { resize(place: HTMLElement): Promise<unknown> };
  };
  export default Plotly;
}
