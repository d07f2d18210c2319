/** An object as it shows itself: the richest of its MIME bundle that can be shown safely. */

import { useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks';

import { Markdown } from '../Markdown.js';
import { fence } from '../Message.js';
import { later } from '../later.js';
import { LookingContext } from '../looking.js';
import { WIDGET, readBundle, richest, textOf } from './bundle.js';
import type { Bundle, Shown } from './bundle.js';
import { bytesOf, useContent, useIsNear, useText } from './content.js';
import { isRendermime, showWithHost, typeForHost } from './host.js';
import { SafeHtml } from './SafeHtml.js';
import { Absent, Download, nameOf, useAllowsRemote } from './shared.js';
import type { ElementProps } from './shared.js';

const Figure = later(() => import('./Figure.js').then((part) => part.Figure));

export function RichDisplay({ element }: ElementProps) {
  const place = useRef<HTMLDivElement>(null);
  const content = useContent(element, useIsNear(place));
  const text = useText(content);
  const bundle = useMemo(() => (text === null ? null : tryRead(text)), [text]);
  const host = useContext(LookingContext)?.rendermime;
  const [isRefused, setIsRefused] = useState(false);
  const name = nameOf(element);
  const hostType = bundle === null || isRefused ? null : typeForHost(host, bundle);
  const type = bundle === null ? null : richest(bundle);
  return (
    <div class="jcs-rich" ref={place}>
      {text === null ? (
        <Absent element={element} content={content} />
      ) : bundle !== null && hostType !== null ? (
        <ByHost bundle={bundle} type={hostType} onFail={() => setIsRefused(true)} />
      ) : bundle !== null && type !== null ? (
        <>
          {Object.hasOwn(bundle.data, WIDGET) && (
            <span class="jcs-hint">
              {isRefused ? 'This live widget is gone with the kernel that had it.' : 'A live widget: it shows in the notebook.'}
            </span>
          )}
          <BuiltIn bundle={bundle} type={type} name={name} />
        </>
      ) : (
        <span class="jcs-hint">
          {name} cannot be shown here. <Download element={element} />
        </span>
      )}
    </div>
  );
}

function tryRead(text: string): Bundle | null {
  try {
    return readBundle(text);
  } catch {
    return null;
  }
}

function ByHost({ bundle, type, onFail }: { readonly bundle: Bundle; readonly type: string; readonly onFail: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  const host = useContext(LookingContext)?.rendermime;
  useEffect(() => {
    if (place.current === null || !isRendermime(host)) return undefined;
    let leave: (() => void) | null = null;
    let hasLeft = false;
    showWithHost(host, type, bundle, place.current).then(
      (left) => {
        leave = left;
        if (hasLeft) left();
      },
      () => !hasLeft && onFail(),
    );
    return () => {
      hasLeft = true;
      leave?.();
    };
  }, [host, bundle, type]);
  return <div class="jcs-by-host" ref={place} />;
}

interface BuiltInProps {
  readonly bundle: Bundle;
  readonly type: Shown;
  readonly name: string;
}

function BuiltIn({ bundle, type, name }: BuiltInProps) {
  const allowRemoteImages = useAllowsRemote();
  const text = textOf(bundle, type);
  const markdown = (written: string) => (
    <Markdown text={written} isStreaming={false} allowRemoteImages={allowRemoteImages} />
  );
  switch (type) {
    case 'application/vnd.plotly.v1+json':
      return <Figure figure={bundle.data[type]} name={name} size="medium" instead={<Plain text={textOf(bundle, 'text/plain')} />} />;
    case 'text/html':
      return <SafeHtml html={text} name={name} />;
    case 'image/svg+xml':
    case 'image/png':
    case 'image/jpeg':
    case 'image/gif':
      return <Picture text={text} type={type} name={name} />;
    case 'text/latex':
      return markdown(text.trimStart().startsWith('$') ? text : `$$\n${text}\n$$`);
    case 'text/markdown':
      return markdown(text);
    case 'application/json':
      return markdown(fence(JSON.stringify(bundle.data[type], null, 2), 'json'));
    case 'text/plain':
      return <Plain text={text} />;
  }
}

function Plain({ text }: { readonly text: string }) {
  // Without the signs by which terminals colour.
  const words = text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '');
  return (
    <pre class="jcs-plain" tabIndex={0}>
      {words}
    </pre>
  );
}

/** A picture in a `data:` address, where SVG runs nothing and loads nothing. */
function Picture({ text, type, name }: { readonly text: string; readonly type: string; readonly name: string }) {
  const source = useMemo(() => {
    try {
      if (type !== 'image/svg+xml') bytesOf(text);
      return type === 'image/svg+xml'
        ? `data:${type};charset=utf-8,${encodeURIComponent(text)}`
        : `data:${type};base64,${text.replace(/\s/g, '')}`;
    } catch {
      return null;
    }
  }, [text, type]);
  if (source === null) return <span class="jcs-hint">{name} is no picture that can be shown.</span>;
  return <img class="jcs-rich-picture" src={source} alt={name} />;
}
