/**
 * The renderers of the front end that shows the widget: JupyterLab's or Notebook's.
 * They are asked for what only they can show: live widgets, and types that their extensions know. Text, HTML and pictures are shown by our
 * own, which load nothing.
 */

import { ORDER, WIDGET } from './bundle.js';
import type { Bundle } from './bundle.js';

interface Renderer {
  readonly node: HTMLElement;
  renderModel(model: unknown): Promise<void>;
  dispose(): void;
  readonly constructor: unknown;
}

export interface Rendermime {
  readonly mimeTypes: readonly string[];
  getFactory(type: string): { readonly safe?: boolean } | undefined;
  createRenderer(type: string): Renderer;
  createModel(options: { data: unknown; metadata: unknown; trusted: boolean }): unknown;
}

export function isRendermime(value: unknown): value is Rendermime {
  const record = value as Partial<Rendermime> | null | undefined;
  return (
    Array.isArray(record?.mimeTypes) &&
    typeof record.createRenderer === 'function' &&
    typeof record.createModel === 'function' &&
    typeof record.getFactory === 'function'
  );
}

/** The type that the front end should show, or null where it is ours to show. */
export function typeForHost(host: unknown, bundle: Bundle): string | null {
  if (!isRendermime(host)) return null;
  const ours: readonly string[] = ORDER;
  return (
    host.mimeTypes.find(
      (type) =>
        Object.hasOwn(bundle.data, type) &&
        (type === WIDGET || (!ours.includes(type) && !/^(?:text|image)\//.test(type) && host.getFactory(type)?.safe === true)),
    ) ?? null
  );
}

/**
 * Show a bundle in a place with the front end's renderer; return what takes it away.
 *
 * @throws {Error} The front end cannot show it, or has the widget no more.
 */
export async function showWithHost(host: Rendermime, type: string, bundle: Bundle, place: HTMLElement): Promise<() => void> {
  const renderer = host.createRenderer(type);
  // A widget counts as shown only when it is told that it is in the page.
  const { attach } = renderer.constructor as { attach?: (widget: Renderer, place: HTMLElement) => void };
  if (attach !== undefined && place.isConnected) attach(renderer, place);
  else place.append(renderer.node);
  await renderer.renderModel(host.createModel({ ...bundle, trusted: type === WIDGET }));
  // JupyterLab does not fail where a widget has gone with its kernel, but writes of it in words for developers.
  if (type === WIDGET && renderer.node.matches('.jupyter-widgets:not(:has(*))')) {
    renderer.dispose();
    throw new Error('The widget is gone.');
  }
  return () => renderer.dispose();
}
