/** Writes the sample pieces: `<name>.flac` and `<name>.beats`. Run by hand: `node samples/music/make.node.ts`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { besidePath, commitFile, writeFileAtomic } from '../../base/files.node.ts';
import { startFfmpeg, writeFully } from '../../pipeline/media/ffmpeg.node.ts';
import { PIECES } from './pieces.ts';
import { RATE } from './voices.ts';

/** One line a beat: seconds, tab, position in the bar (1 is the downbeat). */
export function beatsText(beats: readonly { readonly time: number; readonly beatInBar: number }[]): string {
  return beats.map((beat) => `${beat.time.toFixed(6)}\t${beat.beatInBar}\n`).join('');
}

/**
 * Synthesises the three pieces into `outDir`: FLAC (32 kHz, 16 bit, stereo) with exact beats beside each. The samples
 * are the same on every machine up to the last bit of `Math.sin`. Gives the paths of the FLAC files.
 */
export async function makeMusic(outDir: string): Promise<string[]> {
  await mkdir(outDir, { recursive: true });
  const paths: string[] = [];
  for (const make of PIECES) {
    const piece = make();
    const path = join(outDir, `${piece.name}.flac`);
    const part = besidePath(path);
    const encoder = startFfmpeg(
      ['-f', 's16le', '-ar', String(RATE), '-ac', '2', '-i', 'pipe:0', '-compression_level', '12', '-bitexact', part],
      { file: path },
    );
    const bytes = new Uint8Array(piece.pcm.buffer, piece.pcm.byteOffset, piece.pcm.byteLength);
    for (let at = 0; at < bytes.length; at += 1 << 20) await writeFully(encoder, bytes.subarray(at, at + (1 << 20)));
    encoder.stdin.end();
    await encoder.done;
    await commitFile(part, path);
    await writeFileAtomic(join(outDir, `${piece.name}.beats`), beatsText(piece.beats));
    paths.push(path);
  }
  return paths;
}

if (import.meta.main) await makeMusic(import.meta.dirname);
