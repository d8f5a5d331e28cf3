/** The voice over the film: chosen as a file, heard, moved in time, removed. */
import { useEffect, useRef, useState } from 'react';
import { type VoiceOver as Voice, voiceUrl } from '../../../main/host/review-contract.ts';
import { useCommand, useShownKey } from '../../keys/index.ts';
import { changeDelivery, useDelivery } from '../../stores/delivery.ts';
import { CircleX, Pause, Play, Plus, Trash2 } from '../../ui/icons.ts';
import { Button, IconButton, Slider, TextField } from '../../ui/index.ts';
import styles from './Deliver.module.css';
import { Section } from './parts.tsx';
import { sendVoice } from './send-voice.ts';
import { clockWords, readSeconds } from './words.ts';

const set = (voiceOver: Voice | null): void =>
  changeDelivery(voiceOver === null ? 'Voice-over removed' : 'Voice-over', { voiceOver });

export function VoiceOver({ filmSeconds }: { readonly filmSeconds: number }) {
  const kept = useDelivery((state) => state.settings?.voiceOver ?? null);
  const [sending, setSending] = useState<string | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const upload = useRef<HTMLInputElement>(null);
  const kbd = useShownKey('deliver.voice');
  const choose = (): void => upload.current?.click();
  const send = async (file: File): Promise<void> => {
    setRefused(null);
    setSending(file.name);
    try {
      const voice = await sendVoice(file);
      set({ ...voice, startSeconds: kept?.startSeconds ?? 0 });
    } catch (failure) {
      setRefused(failure instanceof Error ? failure.message : `${file.name} was not taken.`);
    } finally {
      setSending(null);
    }
  };
  useCommand('deliver.voice', choose, { enabled: sending === null });
  return (
    <Section
      title="Voice-over"
      aside={
        <Button kbd={kbd} disabled={sending !== null} icon={<Plus size={14} aria-hidden="true" />} onClick={choose}>
          {kept === null ? 'Choose a file…' : 'Another file…'}
        </Button>
      }
    >
      {kept !== null && (
        <>
          <Heard key={kept.id} voice={kept} />
          <Begin voice={kept} filmSeconds={filmSeconds} />
        </>
      )}
      {sending !== null && (
        <p className={styles.quiet} role="status">
          Listening to {sending}…
        </p>
      )}
      {refused !== null && (
        <p className={styles.refused} role="alert">
          <CircleX size={14} aria-hidden="true" />
          {refused}
        </p>
      )}
      <p className={styles.quiet}>
        {kept === null
          ? 'Somebody speaks over the film: MP3, M4A, WAV, FLAC or OGG.'
          : 'The music goes down while somebody speaks, and the loudness is that of both together.'}
      </p>
      <input
        ref={upload}
        type="file"
        accept="audio/*,.mp3,.wav,.flac,.m4a,.ogg,.aac,.aiff"
        className="spoken"
        tabIndex={-1}
        aria-label="Voice-over file"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file !== undefined) void send(file);
          event.target.value = '';
        }}
      />
    </Section>
  );
}

/** Its name and length, and a player. */
function Heard({ voice }: { readonly voice: Voice }) {
  const sound = useRef<HTMLAudioElement>(null);
  const [at, setAt] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [broken, setBroken] = useState(false);
  const toggle = (): void => {
    const { current } = sound;
    if (current === null) return;
    if (current.paused) void current.play().catch(() => setBroken(true));
    else current.pause();
  };
  return (
    <div className={styles.voice}>
      <IconButton
        label={playing ? 'Pause the voice-over' : 'Play the voice-over'}
        icon={playing ? <Pause size={14} aria-hidden="true" /> : <Play size={14} aria-hidden="true" />}
        onClick={toggle}
      />
      <b className={styles.voiceName} title={voice.name}>
        {voice.name}
      </b>
      <div className={styles.voiceLine}>
        <Slider
          label="Place in the voice-over"
          value={Math.min(at, voice.seconds)}
          min={0}
          max={voice.seconds}
          step={0.1}
          valueText={clockWords}
          onChange={(seconds) => {
            if (sound.current !== null) sound.current.currentTime = seconds;
            setAt(seconds);
          }}
        />
      </div>
      <span className={styles.voiceTime}>
        {clockWords(at)} / {clockWords(voice.seconds)}
      </span>
      <IconButton
        label="Remove the voice-over"
        variant="plain"
        icon={<Trash2 size={14} aria-hidden="true" />}
        onClick={() => set(null)}
      />
      {broken && (
        <p className={styles.refused} role="alert">
          The voice-over cannot be played. Choose its file again.
        </p>
      )}
      {/* biome-ignore lint/a11y/useMediaCaption: nobody wrote down what is said in it */}
      <audio
        ref={sound}
        src={voiceUrl(voice.id)}
        preload="metadata"
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onError={() => setBroken(true)}
      />
    </div>
  );
}

/** Where in the film it begins. */
function Begin({ voice, filmSeconds }: { readonly voice: Voice; readonly filmSeconds: number }) {
  const [text, setText] = useState(String(voice.startSeconds));
  useEffect(() => setText(String(voice.startSeconds)), [voice.startSeconds]);
  const typed = readSeconds(text);
  const wrong = typed === null || typed >= filmSeconds;
  const commit = (): void => {
    if (!wrong && typed !== voice.startSeconds) set({ ...voice, startSeconds: typed });
  };
  return (
    <TextField
      label="Begins at, in seconds of the film"
      className={styles.begin}
      inputMode="decimal"
      value={text}
      onChange={setText}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
      error={wrong ? `Between 0 and ${filmSeconds.toFixed(1)}, where the film ends.` : undefined}
    />
  );
}
