/** One element, as its kind is shown. What only some chats show is loaded when it is first shown. */

import { plainName } from '../../markdown.js';
import { later } from '../later.js';
import { ImageElement } from './ImageElement.js';
import { MediaElement } from './MediaElement.js';
import { PdfElement } from './PdfElement.js';
import { TextElement } from './TextElement.js';
import { Download, Elsewhere, nameOf } from './shared.js';
import type { ElementProps } from './shared.js';

export const DataTable = later(() => import('./DataTable.js').then((part) => part.DataTable));
export const Plot = later(() => import('./Plot.js').then((part) => part.Plot));
export const RichDisplay = later(() => import('./RichDisplay.js').then((part) => part.RichDisplay));

export function ElementView(props: ElementProps) {
  const { element } = props;
  return (
    <div class={`jcs-element jcs-element-${KINDS.has(element.type) ? element.type : 'unknown'}`} data-element-id={element.id}>
      {viewOf(props)}
    </div>
  );
}

const KINDS = new Set(['image', 'text', 'pdf', 'audio', 'video', 'file', 'plotly', 'dataframe', 'display', 'custom']);

function viewOf(props: ElementProps) {
  const { element } = props;
  switch (element.type) {
    case 'image':
      return <ImageElement {...props} />;
    case 'text':
      return <TextElement {...props} />;
    case 'pdf':
      return <PdfElement {...props} />;
    case 'audio':
    case 'video':
      return <MediaElement {...props} />;
    case 'dataframe':
      return <DataTable {...props} />;
    case 'plotly':
      return <Plot {...props} />;
    case 'display':
      return <RichDisplay {...props} />;
    case 'custom':
      return <span class="jcs-hint">{nameOf(element)}: elements written in JSX cannot be shown here yet.</span>;
    case 'file':
      return element.file == null && element.url != null ? <FileElsewhere {...props} /> : <Download element={element} />;
    default:
      // A newer host may know more kinds.
      return (
        <span class="jcs-hint">
          {nameOf(element)}: this page cannot show “{plainName(element.type)}”.
        </span>
      );
  }
}

function FileElsewhere({ element }: ElementProps) {
  return element.url?.startsWith('data:') === true ? <Download element={element} /> : <Elsewhere element={element} />;
}
