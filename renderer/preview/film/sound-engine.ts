/**
 * The film's sound in a page: fetches the music once, decodes it at 48 kHz, plays the mix plan from any moment, and
 * says which moment of the film is heard, which the picture follows.
 */
import { PicaividError, toPicaividError } from '../../../base/errors.ts';
import { type MixPlan, SAMPLE_RATE } from '../../../pipeline/assemble/mix-plan.ts';
import { ClockFilter, heardAt } from './audio-clock.ts';
import { peakOf, playMix } from './sound-graph.ts';

/** `none`: the film has no music; `blocked`: the browser waits for a click before it lets a page sound. */
export type SoundState = 'none' | 'loading' | 'ready' | 'blocked' | 'failed';

export interface FilmMusic {
  /** Address of what the mix plan lays, in a form that the browser decodes (FLAC). */
  readonly url: string;
  /** Plain gain to the film's loudness, dB; 0 until it has been measured. */
  readonly gainDb: number;
}

export interface SoundOptions {
  readonly context?: () => AudioContext;
  readonly now?: () => number;
}

/** Nodes are made this long before they sound, seconds. */
const LEAD_SECONDS = 0.05;
/** A sound that is not heard after this is not waited for: the picture goes on by itself, seconds. */
const PATIENCE_SECONDS = 0.6;
/** Decoded sound takes 0.38 MB a second: 20 minutes are 460 MB. */
const LONGEST_SECONDS = 20 * 60;
/** Peaks above this are limited, as the delivered film's are: −1 dBTP. */
const CEILING = 10 ** (-1 / 20);
/** Beyond this speed nothing is heard. */
const FASTEST = 2;

interface Session {
  readonly filmSeconds: number;
  /** Context time at which `filmSeconds` sounds. */
  readonly when: number;
  readonly rate: number;
  readonly askedAt: number;
  /** The picture waits for the first sound; else it runs on and is corrected. */
  readonly hold: boolean;
  readonly stop: () => void;
}

export class SoundEngine {
  private readonly options: SoundOptions;
  private readonly filter = new ClockFilter();
  private readonly listeners = new Set<() => void>();
  private context: AudioContext | undefined;
  private master: GainNode | undefined;
  private limiter: { input: AudioNode; stop: () => void } | undefined;
  private buffer: AudioBuffer | undefined;
  private loaded: string | undefined;
  private mix: MixPlan | null = null;
  private music: FilmMusic | null = null;
  private session: Session | undefined;
  private level = 1;
  private silent = false;
  private current: SoundState = 'none';
  private failure: PicaividError | undefined;
  private turn = 0;

  constructor(options: SoundOptions = {}) {
    this.options = options;
  }

  get state(): SoundState {
    return this.current;
  }

  get error(): PicaividError | undefined {
    return this.failure;
  }

  get volume(): number {
    return this.level;
  }

  get muted(): boolean {
    return this.silent;
  }

  /** Called when `state` changes; returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** 0..1; heard as its square, which ears take for even steps. */
  setVolume(volume: number, muted = this.silent): void {
    this.level = Math.min(1, Math.max(0, volume));
    this.silent = muted;
    if (this.master !== undefined && this.context !== undefined)
      this.master.gain.setTargetAtTime(this.silent ? 0 : this.level ** 2, this.context.currentTime, 0.01);
  }

  /**
   * What is to be played; null for a silent film. Loads what is new. True when a running sound no longer fits and has
   * been stopped: start it again.
   */
  setMix(mix: MixPlan | null, music: FilmMusic | null): boolean {
    const same = JSON.stringify([this.mix, this.music]) === JSON.stringify([mix, music]);
    this.mix = mix;
    this.music = music;
    if (same) return false;
    const ran = this.session !== undefined;
    this.stop();
    if (mix === null || music === null || mix.pieces.length === 0) this.say('none');
    else this.load(music.url, ++this.turn);
    return ran;
  }

  /**
   * Plays from a moment of the film (seconds) at `rate` (0 < rate ≤ 2) and replaces what was played. False where
   * nothing will be heard: no music, not loaded yet, backwards or too fast.
   */
  start(filmSeconds: number, rate: number, hold: boolean): boolean {
    this.stop();
    const { mix, buffer } = this;
    if (mix === null || buffer === undefined || rate <= 0 || rate > FASTEST || this.current === 'none') return false;
    const context = this.open();
    if (context.state !== 'running') context.resume().catch(() => {});
    const when = context.currentTime + LEAD_SECONDS;
    // Where the picture does not wait, the sound begins where the picture will be when it is heard.
    const from = hold ? filmSeconds : filmSeconds + (LEAD_SECONDS + context.outputLatency) * rate;
    const gain = context.createGain();
    gain.gain.value = 10 ** ((this.music?.gainDb ?? 0) / 20);
    gain.connect(this.limiter?.input ?? this.out(context));
    const start = { fromSample: Math.round(from * SAMPLE_RATE), when, rate };
    const stopNodes = playMix(context, buffer, mix, start, gain);
    this.filter.reset();
    const stop = (): void => {
      stopNodes();
      gain.disconnect();
    };
    this.session = { filmSeconds: from, when, rate, askedAt: this.now(), hold, stop };
    return true;
  }

  stop(): void {
    this.session?.stop();
    this.session = undefined;
  }

  /** The moment of the film that is heard now, seconds; null when the picture has to go by its own clock. */
  heard(): number | null {
    const { session, context } = this;
    if (session === undefined || context === undefined) return null;
    if (this.current === 'blocked' && context.state === 'running') {
      // The film went on meanwhile: what was begun then no longer fits.
      this.stop();
      this.say('ready');
      return null;
    }
    const now = this.now();
    const stamp = context.getOutputTimestamp();
    const times = {
      currentTime: context.currentTime,
      outputLatency: context.outputLatency || context.baseLatency || 0,
      ...(stamp.contextTime === undefined ? {} : { contextTime: stamp.contextTime }),
      ...(stamp.performanceTime === undefined ? {} : { performanceTime: stamp.performanceTime }),
    };
    const raw = heardAt(times, now);
    if (context.state !== 'running' || raw < session.when) {
      const waited = (now - session.askedAt) / 1000;
      if (waited > PATIENCE_SECONDS && context.state !== 'running') {
        this.say('blocked');
        return null;
      }
      return session.hold && waited <= PATIENCE_SECONDS ? session.filmSeconds : null;
    }
    const time = this.filter.read(raw, now / 1000);
    return session.filmSeconds + Math.max(0, time - session.when) * session.rate;
  }

  dispose(): void {
    this.turn++;
    this.stop();
    this.listeners.clear();
    this.limiter?.stop();
    this.context?.close().catch(() => {});
    this.context = undefined;
    this.buffer = undefined;
  }

  private now(): number {
    return (this.options.now ?? (() => performance.now()))();
  }

  private open(): AudioContext {
    this.context ??=
      this.options.context?.() ?? new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: 'interactive' });
    return this.context;
  }

  private out(context: AudioContext): GainNode {
    if (this.master === undefined) {
      this.master = context.createGain();
      this.master.gain.value = this.silent ? 0 : this.level ** 2;
      this.master.connect(context.destination);
    }
    return this.master;
  }

  private say(state: SoundState, error?: PicaividError): void {
    this.failure = error;
    if (state === this.current && error === undefined) return;
    this.current = state;
    for (const listener of this.listeners) listener();
  }

  private load(url: string, turn: number): void {
    const ready = async (): Promise<void> => {
      if (this.loaded !== url) {
        this.buffer = undefined;
        this.loaded = undefined;
        this.say('loading');
        const response = await fetch(url).catch(() => undefined);
        if (response?.ok !== true)
          throw new PicaividError('file_not_found', 'The music could not be loaded. The film plays without sound.');
        const bytes = await response.arrayBuffer();
        if (turn !== this.turn) return;
        const buffer = await this.decode(bytes);
        if (turn !== this.turn) return;
        this.buffer = buffer;
        this.loaded = url;
      }
      await this.limit();
      if (turn === this.turn) this.say('ready');
    };
    ready().catch((error: unknown) => {
      if (turn === this.turn) this.say('failed', toPicaividError(error));
    });
  }

  private async decode(bytes: ArrayBuffer): Promise<AudioBuffer> {
    const seconds = flacSeconds(new Uint8Array(bytes, 0, Math.min(64, bytes.byteLength)));
    if (seconds !== undefined && seconds > LONGEST_SECONDS)
      throw new PicaividError(
        'audio_unsupported',
        `This music lasts ${Math.round(seconds / 60)} minutes; the player holds at most ${LONGEST_SECONDS / 60}. The film plays without sound here and is delivered with it.`,
      );
    try {
      return await this.open().decodeAudioData(bytes);
    } catch (error) {
      throw new PicaividError('audio_damaged', 'The music cannot be decoded. The film plays without sound.', {
        cause: error,
      });
    }
  }

  /** A compressor before the output where the gain would bring peaks above the ceiling, and none where it would not. */
  private async limit(): Promise<void> {
    const { buffer, mix, music } = this;
    this.limiter?.stop();
    this.limiter = undefined;
    if (buffer === undefined || mix === null || music === null) return;
    const peak = (await peakOf(buffer, mix)) * 10 ** (music.gainDb / 20);
    if (peak <= CEILING || music !== this.music) return;
    const context = this.open();
    const node = context.createDynamicsCompressor();
    node.threshold.value = -3;
    node.knee.value = 3;
    node.ratio.value = 20;
    node.attack.value = 0.002;
    node.release.value = 0.08;
    // The node adds make-up gain of its own, 1.2 dB with these settings (measured in Chromium), and 6 ms of delay.
    const back = context.createGain();
    back.gain.value = 10 ** (-1.2 / 20);
    node.connect(back);
    back.connect(this.out(context));
    this.limiter = { input: node, stop: () => back.disconnect() };
  }
}

/** Length of a FLAC stream from its first header; undefined when it is not one, or does not say. */
export function flacSeconds(head: Uint8Array): number | undefined {
  if (head.length < 26 || String.fromCharCode(...head.subarray(0, 4)) !== 'fLaC') return undefined;
  // STREAMINFO begins at byte 8; rate: 20 bits from byte 18; samples: 36 bits to byte 25.
  const view = new DataView(head.buffer, head.byteOffset);
  const rate = view.getUint32(18) >>> 12;
  const samples = ((head[21] as number) & 15) * 2 ** 32 + view.getUint32(22);
  return rate === 0 || samples === 0 ? undefined : samples / rate;
}
