import type { TitleCard } from '../../../../pipeline/domain.ts';

/** A title card as the assembly draws it. */
export function titleUrl(listingId: string, card: TitleCard, width: number, height: number): string {
  // What is drawn does not depend on when it is shown.
  const { id: _id, startFrame: _start, durationFrames: _length, ...drawn } = card;
  const bytes = new TextEncoder().encode(JSON.stringify(drawn));
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  const name = base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return `/title/${encodeURIComponent(listingId)}/${width}x${height}/${name}.png`;
}
