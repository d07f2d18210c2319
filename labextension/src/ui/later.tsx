/** The parts of the chat that not every chat shows: each is loaded when it is first shown. */

import type { ComponentType, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export interface Later<Props> {
  (props: Props): VNode | null;
  /** Load it before it is shown. */
  readonly load: () => Promise<void>;
}

/**
 * Make a component that is loaded when it is first shown. Until then its place is empty; where it cannot be loaded, it says so.
 *
 * @param source Loads it: an `import()`, and what to take from it.
 */
export function later<Props extends object>(source: () => Promise<ComponentType<Props>>): Later<Props> {
  let found: ComponentType<Props> | null = null;
  const load = async (): Promise<void> => {
    found ??= await source();
  };
  const Shown = (props: Props): VNode | null => {
    const [state, setState] = useState<'loading' | 'here' | 'failed'>('loading');
    const isWanted = found === null && state === 'loading';
    useEffect(() => {
      if (isWanted) load().then(() => setState('here'), () => setState('failed'));
    }, [isWanted]);
    if (found !== null) {
      const Found = found;
      return <Found {...props} />;
    }
    return state === 'failed' ? (
      <span class="jcs-note" role="alert">
        A part of this page could not be loaded.{' '}
        <button type="button" class="jcs-link" onClick={() => setState('loading')}>
          Retry
        </button>
      </span>
    ) : null;
  };
  return Object.assign(Shown, { load });
}

export const ComposerChoices = later(() => import('./ComposerChoices.js').then((part) => part.ComposerChoices));
export const AttachmentList = later(() => import('./Attachments.js').then((part) => part.AttachmentList));
export const Conversations = later(() => import('./Conversations.js').then((part) => part.Conversations));
export const Elements = later(() => import('./elements/Elements.js').then((part) => part.Elements));
export const EditMessage = later(() => import('./EditMessage.js').then((part) => part.EditMessage));
export const EnvForm = later(() => import('./EnvForm.js').then((part) => part.EnvForm));
export const FilePicture = later(() => import('./FilePicture.js').then((part) => part.FilePicture));
export const FileQuestion = later(() => import('./Attachments.js').then((part) => part.FileQuestion));
export const Icon = later(() => import('./Icon.js').then((part) => part.Icon));
export const Panel = later(() => import('./Panel.js').then((part) => part.Panel));
export const ProfilePicker = later(() => import('./ProfilePicker.js').then((part) => part.ProfilePicker));
export const Rating = later(() => import('./Rating.js').then((part) => part.Rating));
export const Readme = later(() => import('./Readme.js').then((part) => part.Readme));
export const Settings = later(() => import('./Settings.js').then((part) => part.Settings));
export const Starters = later(() => import('./Starters.js').then((part) => part.Starters));
export const StepBody = later(() => import('./StepBody.js').then((part) => part.StepBody));
export const Tasks = later(() => import('./Tasks.js').then((part) => part.Tasks));
export const Toasts = later(() => import('./Toasts.js').then((part) => part.Toasts));
