import { describe, expect, it } from 'vitest';

import { NeedsMaps, drawable } from '../src/ui/elements/figures.js';

const light = { text: '#000', line: '#ccc', isDark: false };
const dark = { text: '#fff', line: '#333', isDark: true };

describe('a figure', () => {
  it('keeps what it is made of, and is as wide as its place', () => {
    const { data, layout } = drawable({ data: [{ type: 'bar', y: [1] }], layout: { width: 2000, height: 300, title: 'T' } }, light);
    expect(data).toEqual([{ type: 'bar', y: [1] }]);
    expect(layout).toMatchObject({ title: 'T', height: 300, autosize: true });
    expect(layout).not.toHaveProperty('width');
  });

  it('takes the chat’s colours where it is dark, and its own come first', () => {
    const { layout } = drawable({ data: [], layout: { plot_bgcolor: 'red' } }, dark);
    expect(layout).toMatchObject({ plot_bgcolor: 'red', template: { layout: { font: { color: '#fff' }, xaxis: { gridcolor: '#333' } } } });
  });

  it('loses pictures of other servers', () => {
    const images = [{ source: 'https://evil/x.png' }, { source: 'data:image/png;base64,x' }];
    const { layout } = drawable({ data: [], layout: { images, mapbox: {}, template: { layout: { images, geo: {} } } } }, light);
    expect(layout['images']).toEqual([images[1]]);
    expect(JSON.stringify(layout)).not.toMatch(/evil|mapbox|geo/);
  });

  it.each(['scattergeo', 'choropleth', 'scattermap', 'densitymapbox', 'choroplethmapbox'])('on a map (%s) is not drawn', (type) => {
    expect(() => drawable({ data: [{ type }] }, light)).toThrow(NeedsMaps);
  });

  it.each(['heatmap', 'treemap'])('that is no map (%s) is drawn', (type) => {
    expect(drawable({ data: [{ type }] }, light).data).toHaveLength(1);
  });

  it.each([null, 3, 'x', [], {}, { data: 3 }])('that is none (%s) is refused', (figure) => {
    expect(() => drawable(figure, light)).toThrow(TypeError);
  });
});
