/** Lucide's signs (ISC licence). Loaded when the first one is shown. */

import shapes from 'lucide-static/icon-nodes.json';

type Shapes = readonly (readonly [string, Readonly<Record<string, string>>])[];

/** Return what a sign is drawn with, or null where there is none of the name; `FileText` is `file-text`. */
export function shapesOf(name: string): Shapes | null {
  const known = name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
  return Object.hasOwn(shapes, known) ? ((shapes as unknown as Record<string, Shapes>)[known] ?? null) : null;
}
