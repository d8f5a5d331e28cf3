/** The review as one HTML file with its pictures in it, for people without the studio. Pure; in pieces, as the others. */
import { REASON_WORDS, STATE_WORDS } from '../../pipeline/review.ts';
import { timecode } from '../../pipeline/timeline/edit-list.ts';
import type { Person, ReviewClip, ReviewNote } from './review-contract.ts';
import { type ReportInput, type ReportPicture, rendererWords, takeNumber, takeOf } from './review-report.ts';

/** Text for HTML, also inside quoted attributes. */
export function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/g, (sign) => names[sign] ?? sign);
}

const STYLE = `
:root { color-scheme: dark; --page: #141518; --card: #1c1e22; --line: #33363d; --text: #e8e9ec; --soft: #a3a8b3;
  --good: #6fc48b; --bad: #f0766a; --ask: #e6b450; }
@media print { :root { color-scheme: light; --page: #fff; --card: #fff; --line: #c8cbd2; --text: #16181c; --soft: #555b66;
  --good: #1d7a3e; --bad: #b3261e; --ask: #8a5a00; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1080px; background: var(--page); color: var(--text);
  font: 14px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", sans-serif; }
h1 { margin: 0 0 4px; font-size: 26px; font-weight: 600; }
h2 { margin: 0; font-size: 18px; font-weight: 600; }
h3 { margin: 20px 0 6px; font-size: 12px; font-weight: 600; color: var(--soft); letter-spacing: .02em; }
p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
section { margin-top: 24px; padding: 20px; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  break-inside: avoid-page; }
.head { display: grid; grid-template-columns: 240px 1fr; gap: 20px; align-items: start; }
.state { float: right; font-weight: 600; }
.approved, .pass { color: var(--good); } .rejected, .fail { color: var(--bad); }
.changes_requested, .attention { color: var(--ask); } .pending { color: var(--soft); }
img { display: block; max-width: 100%; height: auto; border-radius: 4px; }
.none { padding: 20px; border: 1px dashed var(--line); border-radius: 4px; color: var(--soft); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { padding: 3px 24px 3px 0; text-align: start; vertical-align: top; font-weight: 400; }
th { color: var(--soft); } .number { text-align: end; } td p { overflow-wrap: break-word; max-width: 28em; }
.note { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 20px; padding: 16px 0;
  border-top: 1px solid var(--line); break-inside: avoid; }
@media (max-width: 720px) { .head, .note { grid-template-columns: 1fr; } }`;

/** The text of the .html file. It loads nothing from anywhere and runs nothing. */
export async function* htmlReport(input: ReportInput): AsyncGenerator<string> {
  const { document, madeAt } = input;
  const name = escaped(document.listing.name);
  const count = (state: ReviewClip['review']): number => document.clips.filter(({ review }) => review === state).length;
  const states = (['approved', 'changes_requested', 'rejected', 'pending'] as const)
    .filter((state) => count(state) > 0)
    .map((state) => `<span class="${state}">${count(state)} ${STATE_WORDS[state].toLowerCase()}</span>`);
  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Review of ${name}</title><style>${STYLE}</style></head><body>
<h1><bdi>${name}</bdi></h1>
<p class="soft">Review of ${clipCount(document.clips.length)}, ${moment(madeAt)}, film revision ${document.filmRevision}</p>
<p>${states.join(', ')}</p>
`;
  for (const clip of document.clips) {
    yield clipHead(input, clip, await input.pictureOfClip(clip));
    for (const note of clip.notes) yield noteHtml(input, clip, note, await input.pictureOf(note));
    yield '</section>\n';
  }
  yield '</body></html>\n';
}

const clipCount = (count: number): string => (count === 1 ? '1 clip' : `${count} clips`);
const moment = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
const who = ({ name, role }: Person): string => `<bdi>${escaped(name === '' ? 'Somebody' : name)}</bdi>, ${role}`;
const picture = (shown: ReportPicture, alt: string): string =>
  'url' in shown
    ? `<img src="${escaped(shown.url)}" alt="${escaped(alt)}">`
    : `<div class="none">${escaped(shown.missing)}</div>`;
const figure = (value: number): string => String(Math.round(value * 1000) / 1000);

function clipHead({ document }: ReportInput, clip: ReviewClip, shown: ReportPicture): string {
  const take = takeOf(clip);
  const { startFrame, durationFrames } = clip;
  const time = (frame: number): string => timecode(frame, document.frameRate);
  const facts =
    take === undefined
      ? 'The film asks for frames that are not rendered.'
      : `Take ${take.number}: ${rendererWords(take)}, ${take.frames} frames, rendered ${moment(take.at)}`;
  const figures = (take?.figures ?? []).map(
    ({ name, value, limit, pass }) =>
      `<tr><th>${escaped(name.replaceAll('_', ' '))}</th><td class="number">${figure(value)}</td><td class="number soft">${figure(limit)}</td><td class="${pass ? 'pass' : 'fail'}">${pass ? 'passed' : 'failed'}</td></tr>`,
  );
  const findings = clip.findings.map(
    ({ firstFrame, lastFrame, sentence, severity }) =>
      `<tr><td class="${severity}">${frames(firstFrame, lastFrame)}</td><td>${escaped(sentence)}</td></tr>`,
  );
  const decisions = clip.decisions.map(({ specHash, state, reason, comment, reviewer, at }) => {
    const number = takeNumber(clip, specHash);
    return `<tr><td>${number === null ? '' : `Take ${number}`}</td><td class="${state}">${STATE_WORDS[state]}</td><td>${reason === null ? '' : REASON_WORDS[reason]}</td><td><p dir="auto">${escaped(comment)}</p></td><td>${who(reviewer)}</td><td>${moment(at)}</td></tr>`;
  });
  const table = (title: string, rows: readonly string[]): string =>
    rows.length === 0 ? '' : `<h3>${title}</h3><table>${rows.join('')}</table>`;
  return `<section><div class="head"><div>${picture(shown, `${clip.room}, first frame in the film`)}</div>
<div><span class="state ${clip.review}">${STATE_WORDS[clip.review]}</span><h2>${clip.index + 1}. <bdi>${escaped(clip.room)}</bdi></h2>
<p class="soft"><bdi>${escaped(clip.photoFile)}</bdi>, ${time(startFrame)} to ${time(startFrame + durationFrames)}</p>
<p>${escaped(facts)}</p>${clip.downgradeReason === null ? '' : `<p class="attention">${escaped(clip.downgradeReason)}</p>`}</div></div>
${table('Validation', figures.length === 0 ? [] : [FIGURE_HEAD, ...figures])}${table('Findings', findings)}${table('Decisions', decisions)}${clip.notes.length === 0 ? '' : '<h3>Notes</h3>'}
`;
}

const FIGURE_HEAD = '<tr><th></th><th class="number">measured</th><th class="number">limit</th><th></th></tr>';
const frames = (first: number, last: number): string =>
  first === last ? `Frame ${first}` : `Frames ${first} to ${last}`;

function noteHtml(
  { document, filmFrame }: ReportInput,
  clip: ReviewClip,
  note: ReviewNote,
  shown: ReportPicture,
): string {
  const number = takeNumber(clip, note.specHash);
  const inFilm = note.specHash === takeOf(clip)?.specHash ? filmFrame(clip.clipId, note.inFrame) : null;
  const place = [
    frames(note.inFrame, note.outFrame),
    ...(number === null ? [] : [`take ${number}`]),
    ...(inFilm === null ? [] : [`${timecode(inFilm, document.frameRate)} in the film`]),
  ].join(', ');
  const resolved =
    note.resolved === null
      ? ''
      : `<p class="pass">Resolved by ${who(note.resolved.by)}, ${moment(note.resolved.at)}</p>`;
  return `<div class="note"><div>${picture(shown, `Frame ${note.inFrame} of ${clip.room}`)}</div>
<div><p class="soft">${place}</p><p dir="auto">${escaped(note.text)}</p><p class="soft">${who(note.author)}, ${moment(note.at)}</p>${resolved}</div></div>
`;
}
