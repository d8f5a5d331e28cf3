/**
 * The page that shows each clip of the film beside the photo it was made from. California's AB 723 (in force since
 * 2026) asks for a disclosure and the unaltered pictures wherever listing pictures were digitally altered.
 */
export interface OriginalsClip {
  readonly title: string;
  /** `pan left, 3.2 s`, … */
  readonly detail: string;
  /** Relative addresses inside the delivery folder. */
  readonly clipHref: string;
  readonly photoHref: string;
  readonly photoName: string;
  /** True when a generative model made the motion. */
  readonly generated: boolean;
}

export interface OriginalsPage {
  readonly listing: string;
  readonly clips: readonly OriginalsClip[];
  /** In the studio's own words; the sentences below where absent or empty. */
  readonly disclosure?: string;
  /** Who let the film go out with clips that nobody approved, and why. */
  readonly vouchedFor?: { readonly name: string; readonly reason: string };
}

/** Where a delivery keeps its copy of the film's clip at this place, in its folder. */
export function clipHref(index: number, clipPath: string): string {
  return `originals/${numbered(index)}-clip${/\.\w+$/.exec(clipPath)?.[0] ?? '.mp4'}`;
}
/** And the photo that the clip was made from. */
export const photoHref = (index: number): string => `originals/${numbered(index)}-photo.jpg`;
const numbered = (index: number): string => String(index + 1).padStart(2, '0');

/** What a film's disclosure says until somebody writes another: of the studio and of the film command. */
export const DISCLOSURE =
  'This film was made from photographs. Its camera motion was added digitally; the unaltered photographs are shown here beside each clip.';
/** Stands below any disclosure where a clip was generated. */
export const GENERATED_DISCLOSURE =
  'Clips marked “AI-generated motion” were made by a generative model: details in motion may differ from the property.';

/** What is said about the film: the studio's words, or ours; generated clips are named in any case. */
export function disclosureLines(
  clips: readonly Pick<OriginalsClip, 'generated'>[],
  disclosure: string | undefined,
): readonly string[] {
  const own = disclosure?.trim() ?? '';
  const first = own === '' ? [DISCLOSURE] : own.split(/\n+/);
  return clips.some(({ generated }) => generated) ? [...first, GENERATED_DISCLOSURE] : first;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** A relative address for an attribute: each part percent-encoded, so that no file name can leave it. */
function href(path: string): string {
  return escapeHtml(path.split('/').map(encodeURIComponent).join('/'));
}

const CSS = `:root{color-scheme:light dark;--bg:#faf9f7;--card:#fff;--ink:#1c1b19;--soft:#6b6862;--line:#e5e2dc;--mark:#8a4b08;--markbg:#fdf1e1}
@media (prefers-color-scheme:dark){:root{--bg:#141413;--card:#1e1d1c;--ink:#f1efea;--soft:#a19d95;--line:#33312e;--mark:#f2b56b;--markbg:#3a2a14}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:48px 24px 72px}h1{font-size:32px;line-height:1.2;letter-spacing:-.02em;margin:0 0 12px;text-wrap:balance}
.say{max-width:68ch;margin:0 0 8px;color:var(--soft)}ol{list-style:none;margin:36px 0 0;padding:0;display:grid;gap:24px}
li{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:20px}
.head{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline;margin-bottom:14px}h2{font-size:18px;margin:0}.head span{color:var(--soft);font-size:14px}
.mark{background:var(--markbg);color:var(--mark)!important;border-radius:99px;padding:2px 10px;font-size:13px!important;font-weight:600}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:16px}figure{margin:0;min-width:0}
video,img{display:block;width:100%;aspect-ratio:16/9;object-fit:cover;border-radius:8px;background:var(--line)}img{object-fit:contain}
figcaption{margin-top:6px;font-size:13px;color:var(--soft);overflow-wrap:anywhere}
@media (max-width:640px){.pair{grid-template-columns:1fr}main{padding:28px 16px}}`;

/** The whole page, self-contained but for the clips and photos beside it. All text is escaped. */
export function originalsPage({ listing, clips, disclosure, vouchedFor }: OriginalsPage): string {
  const items = clips.map((clip, i) => {
    const mark = clip.generated ? '<span class="mark">AI-generated motion</span>' : '';
    const still = `${href(clip.photoHref)}`;
    return `<li><div class="head"><h2>${i + 1}. ${escapeHtml(clip.title)}</h2><span>${escapeHtml(clip.detail)}</span>${mark}</div>
<div class="pair"><figure><video src="${href(clip.clipHref)}" poster="${still}" controls muted loop playsinline preload="metadata"></video><figcaption>In the film</figcaption></figure>
<figure><a href="${still}"><img src="${still}" alt="Original photo: ${escapeHtml(clip.photoName)}" loading="lazy"></a><figcaption>Original photo · ${escapeHtml(clip.photoName)}</figcaption></figure></div></li>`;
  });
  const say = disclosureLines(clips, disclosure).map((line) => `<p class="say">${escapeHtml(line)}</p>`);
  if (vouchedFor !== undefined)
    say.push(
      `<p class="say">Not every clip was approved in review. ${escapeHtml(vouchedFor.name)} let the film go out: ${escapeHtml(vouchedFor.reason)}</p>`,
    );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; media-src 'self' file:; style-src 'unsafe-inline'">
<title>${escapeHtml(listing)}: original photos</title><style>${CSS}</style></head>
<body><main><h1>${escapeHtml(listing)}: film and original photos</h1>${say.join('')}
<ol>
${items.join('\n')}
</ol></main></body></html>
`;
}
