/**
 * Which packet is which frame. A frame's index is the rank of its presentation time among all that are presented: no
 * multiplication with a rate, so a variable rate, reordered pictures and a start that is not zero are right by
 * themselves. Pure.
 */
import { PicaividError } from '../../base/errors.ts';
import { type FrameRate, frameAtSeconds, frameToSeconds } from '../../pipeline/time.ts';

/** A packet in decoding order. Times in seconds; those before the edit list's start are negative. */
export interface PacketTime {
  readonly timestamp: number;
  readonly duration: number;
  readonly key: boolean;
}

export interface TableFrame {
  /** Place in decoding order. */
  readonly packet: number;
  /** The first packet that has to be decoded for it: itself where every picture stands for itself. */
  readonly from: number;
  /** Presentation time; identifies the decoded picture. */
  readonly microseconds: number;
  readonly seconds: number;
}

/** Microseconds of a packet, as WebCodecs counts. */
export const microsecondsOf = (packet: PacketTime): number => Math.round(packet.timestamp * 1e6);

export class FrameTable {
  readonly frames: readonly TableFrame[];
  /** Every frame is one decode. */
  readonly allIntra: boolean;
  private readonly endSeconds: number;

  /** Errors: `clip_invalid` for two frames at one time, or a frame that no key frame leads to. */
  constructor(packets: readonly PacketTime[]) {
    const shown = packets
      .map((packet, place) => ({ packet, place, microseconds: microsecondsOf(packet) }))
      // What lies before the edit list's start is decoded for others, but not shown (ISO/IEC 14496-12, 8.6.6).
      .filter(({ microseconds }) => microseconds >= 0)
      .sort((a, b) => a.microseconds - b.microseconds);
    this.frames = shown.map(({ packet, place, microseconds }, rank) => {
      if (microseconds === shown[rank - 1]?.microseconds)
        throw new PicaividError('clip_invalid', 'Two frames of this clip are at the same time. Render it again.');
      return { packet: place, from: leadTo(packets, place), microseconds, seconds: packet.timestamp };
    });
    this.allIntra = this.frames.every(({ packet, from }) => packet === from);
    const last = shown.at(-1)?.packet;
    this.endSeconds = last === undefined ? 0 : last.timestamp + last.duration;
  }

  /** Start of a frame, or the end for the index after the last; from the first frame's start. */
  secondsOf(index: number): number {
    const first = this.frames[0]?.seconds ?? 0;
    return (this.frames[index]?.seconds ?? this.endSeconds) - first;
  }

  /** The frame that is shown at a time from the first frame's start. */
  frameAt(seconds: number): number {
    const first = this.frames[0]?.microseconds ?? 0;
    // Times went through microseconds and seconds: half of one is no time.
    const at = seconds * 1e6 + first + 0.5;
    let low = 0;
    let high = this.frames.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.frames[middle]?.microseconds ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/**
 * The key packet to begin with: the last one before that is not shown later. Pictures that precede their key frame in
 * time but follow it in the file (open groups) need the group before.
 */
function leadTo(packets: readonly PacketTime[], place: number): number {
  const time = (packets[place] as PacketTime).timestamp;
  for (let at = place; at >= 0; at--) {
    const one = packets[at] as PacketTime;
    if (one.key && one.timestamp <= time) return at;
  }
  throw new PicaividError('clip_invalid', 'A frame of this clip has no key frame before it. Render it again.');
}

/** Times of a clip with a steady rate, for where its packets are not read. */
export function steadyTimes(frames: number, rate: FrameRate): Pick<FrameTable, 'secondsOf' | 'frameAt'> {
  return {
    secondsOf: (index) => frameToSeconds(index, rate),
    frameAt: (seconds) => Math.min(frames - 1, Math.max(0, frameAtSeconds(seconds, rate))),
  };
}
