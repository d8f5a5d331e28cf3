/** Under the picture: where the film is, how it runs, and how well it is drawn. */
import { useEffect, useRef } from 'react';
import type { GridBeat } from '../../../../pipeline/domain.ts';
import type { FrameRate } from '../../../../pipeline/time.ts';
import { CommandButton } from '../../../keys/index.ts';
import { playhead } from '../../../stores/playhead.ts';
import {
  FastForward,
  Maximize2,
  Minimize2,
  Pause,
  Play,
  Repeat,
  Rewind,
  Scan,
  StepBack,
  StepForward,
  Volume2,
  VolumeX,
} from '../../../ui/icons.ts';
import { Chip, IconButton, Slider } from '../../../ui/index.ts';
import { barBeatShort, timecode } from '../panels/words.ts';
import styles from './Player.module.css';
import { type Quality, qualityWords } from './quality-words.ts';
import { useMoving } from './transport.ts';

export interface TransportProps {
  readonly beats: readonly GridBeat[];
  readonly rate: FrameRate;
  readonly totalFrames: number;
  readonly quality: Quality;
  readonly looping: boolean;
  readonly safe: boolean;
  readonly full: boolean;
  /** 0..1 */
  readonly volume: number;
  readonly onVolume: (volume: number) => void;
  readonly onSafe: () => void;
}

export function TransportBar(props: TransportProps) {
  const { beats, rate, totalFrames, quality, looping, safe, full, volume, onVolume, onSafe } = props;
  const playing = useMoving((state) => state.playing);
  const speed = useMoving((state) => state.rate);
  return (
    <div className={styles.transport} role="toolbar" aria-label="Player">
      <Clock beats={beats} rate={rate} totalFrames={totalFrames} />
      <span className={styles.grow} />
      <div className={styles.group}>
        <CommandButton command="player.back" iconOnly icon={<Rewind size={16} aria-hidden="true" />} />
        <CommandButton command="frame.previous" iconOnly icon={<StepBack size={16} aria-hidden="true" />} />
        <CommandButton
          command="player.toggle"
          iconOnly
          label={playing ? 'Pause' : 'Play'}
          icon={playing ? <Pause size={16} aria-hidden="true" /> : <Play size={16} aria-hidden="true" />}
        />
        <CommandButton command="frame.next" iconOnly icon={<StepForward size={16} aria-hidden="true" />} />
        <CommandButton command="player.forward" iconOnly icon={<FastForward size={16} aria-hidden="true" />} />
        {Math.abs(speed) !== 1 && speed !== 0 && <span className={styles.poor}>{speedWords(speed)}</span>}
        {speed === -1 && <span className={styles.poor}>backwards</span>}
      </div>
      <span className={styles.grow} />
      <div className={styles.group}>
        <CommandButton
          command="player.loop"
          iconOnly
          label="Loop"
          pressed={looping}
          icon={<Repeat size={16} aria-hidden="true" />}
        />
        <IconButton label="Safe areas" pressed={safe} icon={<Scan size={16} aria-hidden="true" />} onClick={onSafe} />
        <span className={styles.volume}>
          <CommandButton
            command="player.mute"
            iconOnly
            label={volume === 0 ? 'Sound on' : 'Sound off'}
            icon={volume === 0 ? <VolumeX size={16} aria-hidden="true" /> : <Volume2 size={16} aria-hidden="true" />}
          />
          <Slider
            label="Volume"
            value={volume}
            min={0}
            max={1}
            step={0.05}
            valueText={(value) => `${Math.round(value * 100)} percent`}
            onChange={onVolume}
          />
        </span>
        <QualityChip quality={quality} />
        <CommandButton
          command="view.fullscreen"
          iconOnly
          label={full ? 'Leave full screen' : 'Full screen'}
          icon={full ? <Minimize2 size={16} aria-hidden="true" /> : <Maximize2 size={16} aria-hidden="true" />}
        />
      </div>
    </div>
  );
}

function speedWords(speed: number): string {
  return `${Math.abs(speed)}× ${speed < 0 ? 'backwards' : ''}`.trim();
}

/** Written by hand at every frame: the playhead is outside React. */
function Clock({ beats, rate, totalFrames }: Pick<TransportProps, 'beats' | 'rate' | 'totalFrames'>) {
  const time = useRef<HTMLElement>(null);
  const number = useRef<HTMLSpanElement>(null);
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const write = (frame: number) => {
      if (time.current !== null) time.current.textContent = timecode(frame, rate);
      if (number.current !== null) number.current.textContent = `frame ${frame}`;
      if (bar.current !== null) bar.current.textContent = `bar ${barBeatShort(beats, frame)}`;
    };
    write(playhead.frame);
    return playhead.subscribe(write);
  }, [beats, rate]);
  return (
    <div className={styles.clock} role="timer" aria-label="Place in the film" data-testid="clock">
      <strong ref={time}>0:00.00</strong>
      <span>/ {timecode(totalFrames, rate)}</span>
      <span ref={number} className={styles.frameNumber}>
        frame 0
      </span>
      <span ref={bar} className={styles.bar}>
        bar 1.1
      </span>
    </div>
  );
}

function QualityChip({ quality }: { readonly quality: Quality }) {
  const { text, exact, about } = qualityWords(quality);
  return (
    <Chip tone={exact ? 'pass' : 'attention'} title={about}>
      {text}
    </Chip>
  );
}
