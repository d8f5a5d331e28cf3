/** Tools of the tracks: what edits do to the rest of the film, and what cuts stick to. */
import { CommandButton, useShownKey } from '../../../keys/index.ts';
import { setMagnet, useTimeline } from '../../../stores/timeline.ts';
import { Redo2, Undo2, ZoomIn, ZoomOut } from '../../../ui/icons.ts';
import { Chip, Kbd, Segmented } from '../../../ui/index.ts';
import styles from './Tracks.module.css';

type Magnet = ReturnType<typeof useTimeline.getState>['magnet'];

export function Toolbar() {
  const ripple = useTimeline((state) => state.ripple);
  const magnet = useTimeline((state) => state.magnet);
  const status = useTimeline((state) => state.timeline?.status ?? 'draft');
  const proposal = useTimeline((state) => state.proposal !== null);
  const version = useTimeline((state) => state.document?.versionName ?? null);
  const count = useTimeline((state) => state.selected.size);
  const magnetKey = useShownKey('magnet.next');
  return (
    <div className={styles.tool} role="toolbar" aria-label="Tracks">
      <CommandButton command="edit.undo" iconOnly icon={<Undo2 size={16} aria-hidden="true" />} />
      <CommandButton command="edit.redo" iconOnly icon={<Redo2 size={16} aria-hidden="true" />} />
      <span className={styles.rule} />
      <CommandButton command="cut.blade" label="Blade" variant="ghost" />
      <CommandButton command="trim.in" label="Trim" variant="ghost" />
      <CommandButton command="trim.out" label="Trim end" variant="ghost" />
      <CommandButton command="marker.add" label="Marker" variant="ghost" />
      <span className={styles.rule} />
      <CommandButton
        command="ripple.toggle"
        label={ripple ? 'Ripple on' : 'Ripple off'}
        variant="ghost"
        pressed={ripple}
      />
      <Segmented<Magnet>
        label="Magnet"
        value={magnet}
        options={[
          { value: 'frames', label: 'Frames' },
          { value: 'beats', label: 'Beats' },
          { value: 'downbeats', label: 'Downbeats' },
        ]}
        onChange={setMagnet}
      />
      {magnetKey !== undefined && <Kbd chord={magnetKey} />}
      <span className={styles.grow} />
      {count > 1 && <span className={styles.quiet}>{count} selected</span>}
      {proposal && <Chip tone="you">Proposal: apply it or keep the old to edit</Chip>}
      {!proposal && status !== 'draft' && (
        <Chip tone="attention">{status === 'locked' ? 'Locked' : 'Approved'}: reopen to edit</Chip>
      )}
      {version !== null && <span className={styles.quiet}>{version}</span>}
      <CommandButton command="zoom.out" iconOnly icon={<ZoomOut size={16} aria-hidden="true" />} />
      <CommandButton command="zoom.in" iconOnly icon={<ZoomIn size={16} aria-hidden="true" />} />
      <CommandButton command="zoom.fit" label="Fit" variant="ghost" />
    </div>
  );
}
