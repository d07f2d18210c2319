/** Plotly figures as they are drawn here: nothing of another server's, in the colours of the chat. */

type Json = Readonly<Record<string, unknown>>;

export interface Drawable {
  readonly data: readonly Json[];
  readonly layout: Json;
}

export interface Colours {
  readonly text: string;
  readonly line: string;
  readonly isDark: boolean;
}

/** A figure that is drawn on maps, which come from elsewhere. */
export class NeedsMaps extends Error {}

const ON_MAPS = /^(?:scattergeo|choropleth|(?:scatter|density|choropleth)map(?:box)?)$/;
const MAPS = /^(?:geo|map|mapbox)\d*$/;

/**
 * Read a figure, and leave out of it what would load something.
 *
 * @throws {NeedsMaps} It cannot be drawn without.
 * @throws {TypeError} It is no figure.
 */
export function drawable(figure: unknown, colours: Colours): Drawable {
  if (!isJson(figure) || !Array.isArray(figure['data'])) throw new TypeError('no figure');
  const data = figure['data'].filter(isJson);
  if (data.some((trace) => ON_MAPS.test(String(trace['type'])))) throw new NeedsMaps();
  const layout = own(isJson(figure['layout']) ? figure['layout'] : {});
  const template = isJson(layout['template']) ? layout['template'] : {};
  const { width: _, ...rest } = layout;
  const height = Number(layout['height']);
  return {
    data,
    layout: {
      margin: { t: layout['title'] === undefined ? 24 : 56, r: 16, b: 48, l: 56 },
      ...rest,
      template: { ...template, layout: themed(own(isJson(template['layout']) ? template['layout'] : {}), colours) },
      autosize: true,
      ...(height > 0 ? { height: Math.min(1200, Math.max(120, height)) } : {}),
    },
  };
}

/** Without pictures and maps of other servers. */
function own(layout: Json): Json {
  const kept = Object.entries(layout).filter(([key]) => !MAPS.test(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, key === 'images' ? ownImages(value) : value]));
}

function ownImages(images: unknown): unknown {
  if (!Array.isArray(images)) return [];
  return images.filter((image) => isJson(image) && /^data:image\//i.test(String(image['source'])));
}

function themed(layout: Json, { text, line, isDark }: Colours): Json {
  const ground = { paper_bgcolor: 'rgba(0,0,0,0)', ...(isDark ? { plot_bgcolor: 'rgba(0,0,0,0)' } : {}) };
  if (!isDark) return { ...layout, ...ground };
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, tickcolor: line };
  const axes = Object.fromEntries(
    ['xaxis', 'yaxis'].map((name) => [name, { ...(isJson(layout[name]) ? layout[name] : {}), ...axis }]),
  );
  return { ...layout, ...ground, ...axes, font: { ...(isJson(layout['font']) ? layout['font'] : {}), color: text } };
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
