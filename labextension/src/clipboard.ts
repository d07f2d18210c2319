/** Copies text, also where `navigator.clipboard` is missing: on pages that came over plain HTTP from another machine. */

/**
 * Put a text into the clipboard.
 *
 * @returns Whether it is there now.
 */
export async function copyText(text: string): Promise<boolean> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) return copySelected(text);
  return clipboard.writeText(text).then(
    () => true,
    () => copySelected(text),
  );
}

function copySelected(text: string): boolean {
  const focused = document.activeElement;
  const source = document.createElement('textarea');
  source.value = text;
  source.style.position = 'fixed';
  source.style.opacity = '0';
  document.body.append(source);
  source.select();
  try {
    // Deprecated, and the only way there.
    return document.execCommand('copy');
  } finally {
    source.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
