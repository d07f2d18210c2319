/** A small picture that the hub keeps for the session: an icon or an avatar, named `file:TYPE,ID`. What is none shows nothing. */

import { useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import styles from '../style/picture.css?inline';
import { useContent } from './elements/content.js';
import { usePicture } from './elements/ImageElement.js';

adopt(styles);

const NAMED = /^file:([^,]*),(.+)$/;

export function FilePicture({ icon }: { readonly icon: string }) {
  const [, mime = '', file = ''] = NAMED.exec(icon) ?? [];
  const content = useContent({ id: file, type: 'image', name: '', file }, file !== '');
  const [broken, setBroken] = useState<string | null>(null);
  const url = usePicture(content, mime);
  return url === null || url === broken ? null : <img class="jcs-picture" src={url} alt="" onError={() => setBroken(url)} />;
}
