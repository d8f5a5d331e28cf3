/** At the right: what the checks found, what people noted, the takes, and what was decided. */
import type { Finding, ReviewClip, ReviewNote, TakeView } from '../../../main/host/review-contract.ts';
import { findingsOf, REASON_WORDS } from '../../../pipeline/review.ts';
import { useCommand } from '../../keys/index.ts';
import { usePerson } from '../../stores/person.ts';
import { frameWords, lookAtTake, openedClip, resolveNote, useReview } from '../../stores/review.ts';
import { listedNotes, type NoteFilter } from '../../stores/review-order.ts';
import { Check, CircleAlert, CircleX, Info, Pencil } from '../../ui/icons.ts';
import { Button, Chip, cx, Segmented } from '../../ui/index.ts';
import { figureName, figureNumber, limitWords, whenWords } from '../renders/words.ts';
import { Composer } from './Composer.tsx';
import styles from './Panel.module.css';
import { reel } from './reel.ts';
import { Takes } from './Takes.tsx';
import { forbidden, REVIEW_SHOWN } from './words.ts';

export function Panel({ clip, take }: { readonly clip: ReviewClip; readonly take: TakeView | null }) {
  useCommand('review.again', () => {
    const target = document.getElementById('review-again');
    target?.scrollIntoView({ block: 'nearest' });
    target?.querySelector('button')?.focus();
  });
  return (
    <div className={styles.panel} data-region="panel">
      <header className={styles.head}>
        <h2>
          <span className={styles.index}>{clip.index + 1}</span>
          {clip.room}
        </h2>
        <span className={styles.quiet}>{clip.photoFile}</span>
      </header>
      {clip.downgradeReason !== null && take?.current === true && (
        <p className={styles.downgrade}>
          <Info size={14} aria-hidden="true" />
          {clip.downgradeReason}
        </p>
      )}
      {take !== null && <Findings clip={clip} take={take} />}
      {take !== null && <Notes clip={clip} take={take} />}
      <Takes clip={clip} take={take} />
      <History clip={clip} />
    </div>
  );
}

function Findings({ clip, take }: { readonly clip: ReviewClip; readonly take: TakeView }) {
  const findings = take.current ? clip.findings : findingsOf(take.figures, take.reasons, take.frames);
  const passed = take.figures.filter((figure) => figure.pass).length;
  return (
    <section className={styles.section} aria-labelledby="findings-title">
      <h3 id="findings-title">Findings</h3>
      {findings.length === 0 && (
        <p className={styles.fine}>
          <Check size={14} aria-hidden="true" />
          The checks found nothing to look at.
        </p>
      )}
      <ul className={styles.items}>
        {findings.map((finding) => (
          <li key={`${finding.figure} ${finding.firstFrame} ${finding.lastFrame}`}>
            <FindingRow finding={finding} take={take} />
          </li>
        ))}
      </ul>
      {take.figures.length > 0 && (
        <details className={styles.figures}>
          <summary>
            {passed} of {take.figures.length} checks passed
          </summary>
          <table>
            <thead>
              <tr>
                <th scope="col">Measured</th>
                <th scope="col">Value</th>
                <th scope="col">Limit</th>
              </tr>
            </thead>
            <tbody>
              {take.figures.map((figure) => (
                <tr key={figure.name}>
                  <th scope="row">{figureName(figure)}</th>
                  <td className={figure.pass ? styles.pass : styles.fail}>
                    {figureNumber(figure.value)} {figure.pass ? '✓' : '✗'}
                  </td>
                  <td>{limitWords(figure)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </section>
  );
}

function FindingRow({ finding, take }: { readonly finding: Finding; readonly take: TakeView }) {
  const figure = take.figures.find(({ name }) => name === finding.figure);
  const whole = finding.firstFrame === 0 && finding.lastFrame === take.frames - 1;
  return (
    <button type="button" className={styles.item} onClick={() => reel.seek(finding.firstFrame)}>
      <span className={cx(styles.sign, finding.severity === 'fail' ? styles.fail : styles.attention)}>
        {finding.severity === 'fail' ? (
          <CircleX size={14} aria-label="Failed:" />
        ) : (
          <CircleAlert size={14} aria-label="Look:" />
        )}
      </span>
      <span className={styles.itemWords}>
        <span>{finding.sentence}</span>
        <span className={styles.quiet}>
          {whole ? 'whole take' : frameWords(finding.firstFrame, finding.lastFrame)}
          {figure === undefined ? '' : ` · ${figureNumber(figure.value)}, ${limitWords(figure)}`}
        </span>
      </span>
    </button>
  );
}

const TAKES: readonly { readonly value: NoteFilter['takes']; readonly label: string }[] = [
  { value: 'this', label: 'This take' },
  { value: 'all', label: 'All takes' },
];
const STATES: readonly { readonly value: NoteFilter['state']; readonly label: string }[] = [
  { value: 'any', label: 'All' },
  { value: 'open', label: 'Open' },
  { value: 'resolved', label: 'Resolved' },
];

function Notes({ clip, take }: { readonly clip: ReviewClip; readonly take: TakeView }) {
  const filter = useReview((state) => state.noteFilter);
  const listed = listedNotes(clip.notes, filter, take.specHash);
  const set = (changes: Partial<NoteFilter>): void =>
    useReview.setState(({ noteFilter }) => ({ noteFilter: { ...noteFilter, ...changes } }));
  return (
    <section className={styles.section} aria-labelledby="notes-title">
      <h3 id="notes-title">
        Notes {clip.notes.length > 0 && <span className={styles.count}>{clip.notes.length}</span>}
      </h3>
      <Composer />
      {clip.notes.length > 0 && (
        <div className={styles.filters}>
          {clip.takes.length > 1 && (
            <Segmented label="Takes" value={filter.takes} options={TAKES} onChange={(takes) => set({ takes })} />
          )}
          <Segmented label="State" value={filter.state} options={STATES} onChange={(state) => set({ state })} />
        </div>
      )}
      {clip.notes.length > 0 && listed.length === 0 && <p className={styles.quiet}>No note of this kind.</p>}
      <ul className={styles.items}>
        {listed.map((note) => (
          <NoteRow key={note.id} note={note} clip={clip} take={take} />
        ))}
      </ul>
    </section>
  );
}

function NoteRow({
  note,
  clip,
  take,
}: {
  readonly note: ReviewNote;
  readonly clip: ReviewClip;
  readonly take: TakeView;
}) {
  const may = usePerson(({ person }) => forbidden(person, 'write review notes'));
  const own = clip.takes.find(({ specHash }) => specHash === note.specHash);
  const mine = note.specHash === take.specHash;
  const go = (): void => {
    if (mine) reel.seek(note.inFrame);
    else if (openedClip()?.takes.some(({ specHash }) => specHash === note.specHash) === true)
      lookAtTake(note.specHash, note.inFrame);
  };
  return (
    <li className={cx(styles.note, note.resolved !== null && styles.resolved)} data-note={note.id}>
      <button type="button" className={styles.item} onClick={go}>
        <span className={styles.itemWords}>
          <span className={styles.noteText} dir="auto">
            {note.marks.length > 0 && <Pencil size={12} aria-label="With a drawing:" />}
            {note.text === '' ? 'Drawing' : note.text}
          </span>
          <span className={styles.quiet}>
            {frameWords(note.inFrame, note.outFrame)}
            {mine ? '' : ` of take ${own?.number ?? '?'}`} ·{' '}
            {note.author.name === '' ? note.author.role : note.author.name} · {whenWords(note.at)}
          </span>
          {note.resolved !== null && (
            <span className={styles.quiet}>
              <Check size={12} aria-hidden="true" /> Resolved by{' '}
              {note.resolved.by.name === '' ? note.resolved.by.role : note.resolved.by.name},{' '}
              {whenWords(note.resolved.at)}
            </span>
          )}
        </span>
      </button>
      {note.resolved === null && (
        <Button
          variant="ghost"
          disabled={may !== null}
          aria-label={`Resolve the note on ${frameWords(note.inFrame, note.outFrame)}`}
          onClick={() => void resolveNote(note.id)}
        >
          Resolve
        </Button>
      )}
    </li>
  );
}

function History({ clip }: { readonly clip: ReviewClip }) {
  if (clip.decisions.length === 0) return null;
  return (
    <section className={styles.section} aria-labelledby="history-title">
      <h3 id="history-title">Decisions</h3>
      <ol className={styles.items}>
        {clip.decisions.toReversed().map((one, at) => {
          const number = clip.takes.find(({ specHash }) => specHash === one.specHash)?.number;
          const { words, tone } = REVIEW_SHOWN[one.state];
          const replaced = clip.decisions
            .slice(clip.decisions.length - at)
            .some((later) => later.specHash === one.specHash);
          return (
            <li key={one.id} className={cx(styles.decision, replaced && styles.resolved)}>
              <span className={styles.decisionTop}>
                <Chip tone={tone}>{words}</Chip>
                {number !== undefined && <span>take {number}</span>}
                {replaced && <span className={styles.quiet}>superseded</span>}
              </span>
              {one.reason !== null && <span>{REASON_WORDS[one.reason]}</span>}
              {one.comment !== '' && <span dir="auto">{one.comment}</span>}
              <span className={styles.quiet}>
                {one.reviewer.name}, {one.reviewer.role} · {whenWords(one.at)}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
