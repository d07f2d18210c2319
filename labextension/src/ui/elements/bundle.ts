/** A MIME bundle: what an object shows of itself, in several ways, of which the richest that can be shown safely is taken. */

export interface Bundle {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export const WIDGET = 'application/vnd.jupyter.widget-view+json';

/** What is shown here, the richest first. */
export const ORDER = [
  'application/vnd.plotly.v1+json',
  'text/html',
  'image/svg+xml',
  'image/png',
  'image/jpeg',
  'image/gif',
  'text/latex',
  'text/markdown',
  'application/json',
  'text/plain',
] as const;

export type Shown = (typeof ORDER)[number];

/**
 * Read a bundle, as `{data, metadata}`.
 *
 * @throws {SyntaxError} It is none.
 */
export function readBundle(json: string): Bundle {
  const read: unknown = JSON.parse(json);
  const { data, metadata } = (read ?? {}) as { data?: unknown; metadata?: unknown };
  if (!isRecord(data)) throw new SyntaxError('no bundle');
  return { data, metadata: isRecord(metadata) ? metadata : {} };
}

/** Choose what of a bundle is shown; null where nothing can be. */
export function richest(bundle: Bundle): Shown | null {
  return ORDER.find((type) => Object.hasOwn(bundle.data, type)) ?? null;
}

/** What a bundle has of a type, as text: notebooks keep long texts as lists of lines. */
export function textOf(bundle: Bundle, type: string): string {
  const value = bundle.data[type];
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(String).join('');
  return value === undefined ? '' : JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
