/** The sign or picture beside a choice, as its author named it. One of another server is shown only where the channel allows it. */

import { FilePicture, Icon } from './later.js';

export interface PictureProps {
  /** The name of a sign, or the address of a picture. */
  readonly icon: string | null | undefined;
  readonly allowRemoteImages: boolean;
}

export function Picture({ icon, allowRemoteImages }: PictureProps) {
  if (typeof icon !== 'string' || icon === '') return null;
  if (/^[\w-]+$/.test(icon)) return <Icon name={icon} />;
  if (icon.startsWith('file:')) return <FilePicture key={icon} icon={icon} />;
  const isShown = /^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/i.test(icon) || (allowRemoteImages && /^https:\/\//i.test(icon));
  return isShown ? <img class="jcs-picture" src={icon} alt="" referrerpolicy="no-referrer" /> : null;
}
