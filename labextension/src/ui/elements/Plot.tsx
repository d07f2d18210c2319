/** A Plotly figure, from its file. */

import { useMemo, useRef } from 'preact/hooks';

import { later } from '../later.js';
import { useContent, useIsNear, useText } from './content.js';
import { Absent, Download, nameOf } from './shared.js';
import type { ElementProps } from './shared.js';

const Figure = later(() => import('./Figure.js').then((part) => part.Figure));

export function Plot({ element, isLarge = false }: ElementProps) {
  const place = useRef<HTMLDivElement>(null);
  const content = useContent(element, useIsNear(place));
  const text = useText(content);
  const figure = useMemo(() => (text === null ? null : parsed(text)), [text]);
  return (
    <div class="jcs-plot" ref={place}>
      {text === null ? (
        <div class="jcs-plot-place">
          <Absent element={element} content={content} />
        </div>
      ) : (
        <Figure
          figure={figure}
          name={nameOf(element)}
          size={isLarge ? 'whole' : (element.size ?? 'medium')}
          instead={<Download element={element} label={`${nameOf(element)} (JSON)`} />}
        />
      )}
    </div>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
