/** What can be done with all clips and with the selected ones, and how far the work is. */
import { useMemo } from 'react';
import type { TaskView } from '../../../main/host/contract.ts';
import type { ClipRender } from '../../../main/host/review-contract.ts';
import { runCommand, useShownKey } from '../../keys/index.ts';
import { TopBarActions } from '../../shell/slots.tsx';
import { useMay } from '../../stores/person.ts';
import { useRenders } from '../../stores/renders.ts';
import { cancelTask, pauseTask, resumeTask } from '../../stores/tasks.ts';
import { CircleCheck, Pause, Play, RotateCcw, X } from '../../ui/icons.ts';
import { Button, Chip, IconButton, ProgressBar } from '../../ui/index.ts';
import { Dispatch } from '../team/Dispatch.tsx';
import styles from './Renders.module.css';
import { countWords, estimateWords, isUnderWay, mustRender } from './words.ts';

const NONE: readonly ClipRender[] = [];

export function Toolbar() {
  const clips = useRenders((state) => state.document?.clips ?? NONE);
  const task = useRenders((state) => state.document?.task ?? null);
  const listing = useRenders((state) => state.document?.listing);
  const selected = useRenders((state) => state.selected);
  const pending = useRenders((state) => state.pending > 0);
  const may = useMay('render clips');
  const changed = useMemo(() => clips.filter(mustRender), [clips]);
  const chosen = useMemo(() => clips.filter((clip) => selected.has(clip.clipId)), [clips, selected]);
  const toRender = chosen.filter(mustRender);
  const underWay = chosen.filter(isUnderWay);
  const retry = toRender.length > 0 && toRender.every((clip) => clip.state === 'failed');
  const keys = {
    changed: useShownKey('renders.changed'),
    start: useShownKey('renders.start'),
    cancel: useShownKey('renders.cancel'),
    select: useShownKey('renders.selectChanged'),
  };
  return (
    <>
      <TopBarActions>
        {changed.length > 0 ? (
          <span className={styles.estimate}>{estimateWords(changed)}</span>
        ) : clips.some(isUnderWay) ? null : (
          <span className={styles.allDone}>
            <CircleCheck size={14} aria-hidden="true" />
            Everything is rendered
          </span>
        )}
        <Dispatch
          listingId={listing?.id ?? ''}
          clipIds={toRender.length > 1 ? toRender.map(({ clipId }) => clipId) : 'changed'}
          shared={listing?.shared === true}
          disabled={changed.length === 0 || pending || !may}
        />
        <Button
          variant="primary"
          kbd={keys.changed}
          disabled={changed.length === 0 || pending || !may}
          onClick={() => runCommand('renders.changed')}
        >
          Render all changed
        </Button>
      </TopBarActions>
      <div className={styles.toolbar} role="toolbar" aria-label="Clips">
        <Counts clips={clips} />
        <span className={styles.grow} />
        <span className={styles.chosen}>{chosen.length > 1 && `${countWords(chosen.length, 'clip')} selected`}</span>
        <Button
          kbd={keys.start}
          icon={retry ? <RotateCcw size={14} aria-hidden="true" /> : undefined}
          disabled={toRender.length === 0 || pending || !may}
          title={toRender.length === 0 ? 'What is selected is rendered or queued already.' : undefined}
          onClick={() => runCommand('renders.start')}
        >
          {retry ? 'Retry' : 'Render'}
          {toRender.length > 1 && ` ${toRender.length}`}
        </Button>
        <Button
          kbd={keys.cancel}
          disabled={underWay.length === 0 || pending || !may}
          onClick={() => runCommand('renders.cancel')}
        >
          Cancel{underWay.length > 1 && ` ${underWay.length}`}
        </Button>
        <Button
          variant="ghost"
          kbd={keys.select}
          disabled={changed.length === 0}
          onClick={() => runCommand('renders.selectChanged')}
        >
          Select changed
        </Button>
      </div>
      {task !== null && <Work task={task} />}
    </>
  );
}

/** How many clips are in which state; only those there are. */
function Counts({ clips }: { readonly clips: readonly ClipRender[] }) {
  const count = (...states: ClipRender['state'][]): number =>
    clips.filter(({ state }) => states.includes(state)).length;
  const failedChecks = clips.filter(
    ({ takes, state }) => state === 'rendered' && takes.some((take) => take.current && take.verdict === 'fail'),
  ).length;
  const shown = [
    { words: 'rendered', number: count('rendered'), tone: 'pass' },
    { words: 'under way', number: count('queued', 'rendering'), tone: 'neutral' },
    { words: 'not rendered', number: count('missing'), tone: 'neutral' },
    { words: 'changed since', number: count('stale'), tone: 'attention' },
    { words: 'failed', number: count('failed'), tone: 'fail' },
    { words: 'with failed checks', number: failedChecks, tone: 'attention' },
  ] as const;
  return (
    <span className={styles.counts}>
      {shown
        .filter(({ number }) => number > 0)
        .map(({ words, number, tone }) => (
          <Chip key={words} tone={tone}>
            {number} {words}
          </Chip>
        ))}
    </span>
  );
}

/** The running or waiting task, with the time left of all that is queued. */
function Work({ task }: { readonly task: TaskView }) {
  const paused = task.state === 'paused';
  const kbd = useShownKey('renders.pause');
  return (
    <section className={styles.work} aria-label="Overall progress">
      <ProgressBar
        fraction={task.fraction}
        sentence={paused ? `Paused. ${task.sentence}` : task.sentence}
        secondsLeft={task.state === 'running' ? task.secondsLeft : null}
      />
      <IconButton
        label={paused ? 'Go on' : 'Pause'}
        kbd={kbd}
        variant="plain"
        icon={paused ? <Play size={14} aria-hidden="true" /> : <Pause size={14} aria-hidden="true" />}
        onClick={() => void (paused ? resumeTask(task.id) : pauseTask(task.id))}
      />
      <IconButton
        label="Cancel everything"
        variant="plain"
        icon={<X size={14} aria-hidden="true" />}
        onClick={() => void cancelTask(task.id)}
      />
    </section>
  );
}
