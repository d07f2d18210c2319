/** A sign by its name among Lucide's (https://lucide.dev), as authors name them. A name that is none shows nothing. */

import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import styles from '../style/sign.css?inline';

adopt(styles);

type Shapes = readonly (readonly [string, Readonly<Record<string, string>>])[];

/** Not in the chat that is one file. */
const load = IS_INLINE ? null : () => import('../icons.js');

export function Icon({ name }: { readonly name: string }) {
  const [shapes, setShapes] = useState<Shapes | null>(null);
  useEffect(() => {
    // Without them a button says the same.
    void load?.().then(({ shapesOf }) => setShapes(shapesOf(name)), () => setShapes(null));
  }, [name]);
  if (shapes === null) return null;
  return (
    <svg class="jcs-sign" viewBox="0 0 24 24" aria-hidden="true">
      {shapes.map(([shape, attributes]) => h(shape, { ...attributes }))}
    </svg>
  );
}
