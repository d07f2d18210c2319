/** Draws a Plotly figure in the chat's colours, as wide as its place. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { drawable, NeedsMaps } from './figures.js';
import { useIsDark } from './theme.js';

export interface FigureProps {
  readonly figure: unknown;
  readonly name: string;
  readonly size: string;
  /** What is offered where it cannot be drawn. */
  readonly instead: ComponentChildren;
}

/** Not in the chat that is one file: it weighs thirty times as much as all the rest. */
const load = IS_INLINE ? null : () => import('../../plotly.js');

const HEIGHTS: Readonly<Record<string, number>> = { small: 260, medium: 400, large: 560, whole: 560 };

export function Figure({ figure, name, size, instead }: FigureProps) {
  const place = useRef<HTMLDivElement>(null);
  const isDark = useIsDark(place);
  const [problem, setProblem] = useState<string | null>(load === null ? 'Figures are drawn where a Jupyter server serves the chat.' : null);
  const [isDrawn, setIsDrawn] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (load === null || element === null) return undefined;
    let leave = (): void => undefined;
    let isCurrent = true;
    const draw = async (): Promise<void> => {
      const { Plotly } = await load();
      if (!isCurrent) return;
      const style = getComputedStyle(element);
      const line = style.getPropertyValue('--jcs-border').trim() || '#888';
      const { data, layout } = drawable(figure, { text: style.color, line, isDark });
      await Plotly.newPlot(element, data, layout, { responsive: false, displaylogo: false, topojsonURL: '', plotlyServerURL: '' });
      setIsDrawn(true);
      const observer = new ResizeObserver(() => {
        if (element.offsetWidth > 0) void Plotly.Plots.resize(element);
      });
      observer.observe(element);
      leave = () => {
        observer.disconnect();
        Plotly.purge(element);
      };
      if (!isCurrent) leave();
    };
    draw().catch((error: unknown) => {
      if (!isCurrent) return;
      setProblem(
        error instanceof NeedsMaps
          ? 'It is drawn on a map, and maps come from other servers, from which nothing is loaded here.'
          : 'This figure could not be drawn.',
      );
    });
    return () => {
      isCurrent = false;
      leave();
    };
  }, [figure, isDark]);
  return (
    <figure class="jcs-figure" aria-label={name}>
      {problem !== null ? (
        <span class="jcs-hint">
          {name}: {problem} {instead}
        </span>
      ) : (
        <>
          {!isDrawn && <span class="jcs-hint">Drawing {name}…</span>}
          <div ref={place} style={{ minHeight: `${HEIGHTS[size] ?? 400}px` }} />
        </>
      )}
    </figure>
  );
}
