/** A proposal above the player: what was chosen, what it does to the film, and both ways on. */
import { useEffect, useRef } from 'react';
import { mediaUrl } from '../../../../main/host/contract.ts';
import type { Timeline } from '../../../../pipeline/domain.ts';
import { useCommand, useCommands, useShownKey } from '../../../keys/index.ts';
import { applyProposal, dropProposal, useTimeline } from '../../../stores/timeline.ts';
import { Button, Popover, Segmented } from '../../../ui/index.ts';
import { seekTo } from '../player/transport.ts';
import { useMusic } from './music.ts';
import bar from './ProposalBar.module.css';
import { usePanels } from './panel-state.ts';
import { changeWords, chosenWords, compared, type DiffRow, diffRows } from './proposal-words.ts';
import { plural } from './words.ts';

/** Stands while there is a proposal: Enter applies it, Escape keeps the old film. */
export function ProposalBar() {
  const proposal = useTimeline((state) => state.proposal);
  const timeline = useTimeline((state) => state.timeline);
  const document = useTimeline((state) => state.document);
  const before = usePanels((state) => state.before);
  const { rows: music } = useMusic();
  const keys = {
    apply: useShownKey('checks.fix'),
    drop: useShownKey('select.clear'),
    flip: useShownKey('proposal.flip'),
  };
  const there = proposal !== null && timeline !== null && document !== null;
  const musicName = (id: string | null): string =>
    id === null ? 'No music' : (music?.find((row) => row.id === id)?.name ?? 'Music');
  const words = there ? chosenWords(document.settings, proposal.settings, musicName) : '';
  const apply = () => {
    usePanels.setState({ before: false });
    applyProposal(words);
  };
  const drop = () => {
    usePanels.setState({ before: false, asked: null, refused: null });
    dropProposal();
  };
  const flip = () => usePanels.setState({ before: !usePanels.getState().before });
  // While it stands, Enter and Escape answer it; the checks and the selection get them back afterwards.
  useCommands(['proposal.apply', 'checks.fix'], apply, { enabled: there });
  useCommands(['proposal.drop', 'select.clear'], drop, { enabled: there });
  useCommand('proposal.flip', flip, { enabled: there });
  // A chooser keeps the focus after a choice and takes keys as choices: the bar's own would not arrive. Fields keep it.
  const applyButton = useRef<HTMLButtonElement>(null);
  const id = proposal?.id;
  useEffect(() => {
    const focused = window.document.activeElement;
    if (id !== undefined && focused?.closest('input,textarea,[data-stepper]') === null)
      applyButton.current?.focus({ preventScroll: true });
  }, [id]);
  if (!there) return null;
  const diff = compared(timeline, proposal.timeline);
  const rows = diffRows(diff, document.analysis);
  return (
    <section className={bar.bar} aria-label="Proposal">
      <div className={bar.words} role="status">
        <strong>{words}</strong>
        <span>{changeWords(diff, proposal.timeline, true)}</span>
      </div>
      <div className={bar.actions}>
        {rows.length > 0 && (
          <Popover label="What changes" trigger={<Button variant="ghost">{plural(rows.length, 'change')}</Button>}>
            <DiffList rows={rows} listingId={document.listing.id} />
          </Popover>
        )}
        <Segmented<'before' | 'after'>
          label="Which film is shown"
          value={before ? 'before' : 'after'}
          options={[
            { value: 'before', label: 'Before', title: flipTitle('The film as it is now', keys.flip) },
            { value: 'after', label: 'After', title: flipTitle('The film as proposed', keys.flip) },
          ]}
          onChange={(side) => usePanels.setState({ before: side === 'before' })}
        />
        <Button variant="ghost" kbd={keys.drop} onClick={drop}>
          Keep the old
        </Button>
        <Button ref={applyButton} variant="primary" kbd={keys.apply} onClick={apply}>
          Apply
        </Button>
      </div>
    </section>
  );
}

const flipTitle = (text: string, key: string | undefined): string => (key === undefined ? text : `${text} (${key})`);

/** Shots that differ; a press goes to the place, in the film that has it. */
export function DiffList({ rows, listingId }: { readonly rows: readonly DiffRow[]; readonly listingId: string }) {
  return (
    <ul className={bar.rows} aria-label="What changes, shot by shot">
      {rows.map((row) => (
        <li key={row.key}>
          <button
            type="button"
            className={bar.row}
            onClick={() => {
              usePanels.setState({ before: !row.inAfter });
              seekTo(row.frame);
            }}
          >
            <img src={mediaUrl(listingId, row.photoId, '320')} alt="" loading="lazy" />
            <span>
              <b>{row.title}</b>
              <small>{row.words}</small>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A stored version in the player instead of the film, until it is closed. */
export function VersionBar({ onRestore }: { readonly onRestore: (versionId: string, name: string) => void }) {
  const looked = usePanels((state) => state.looked);
  const timeline = useTimeline((state) => state.timeline);
  const document = useTimeline((state) => state.document);
  const close = () => usePanels.setState({ looked: null });
  useCommands(['proposal.drop', 'select.clear'], close, { enabled: looked !== null });
  if (looked === null || timeline === null || document === null) return null;
  const diff = compared(timeline, looked.timeline);
  const rows = diffRows(diff, document.analysis);
  return (
    <section className={bar.bar} aria-label="Version">
      <div className={bar.words} role="status">
        <strong>Version “{looked.name}”</strong>
        <span>
          {sameFilm(timeline, looked.timeline)
            ? 'The same as the film now.'
            : changeWords(diff, looked.timeline, false)}
        </span>
      </div>
      <div className={bar.actions}>
        {rows.length > 0 && (
          <Popover label="What differs" trigger={<Button variant="ghost">{plural(rows.length, 'difference')}</Button>}>
            <DiffList rows={rows} listingId={document.listing.id} />
          </Popover>
        )}
        <Button variant="ghost" kbd="Escape" onClick={close}>
          Back to the film
        </Button>
        <Button
          variant="primary"
          disabled={timeline.status !== 'draft'}
          onClick={() => onRestore(looked.versionId, looked.name)}
        >
          Restore
        </Button>
      </div>
    </section>
  );
}

function sameFilm(a: Timeline, b: Timeline): boolean {
  return compared(a, b).sentence === 'Nothing changes.';
}
