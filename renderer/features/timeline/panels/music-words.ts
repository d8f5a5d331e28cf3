import type { MusicRow } from '../../../../main/host/timeline-contract.ts';
import { clock } from './words.ts';

/** `1:45 · 120 BPM · 4 to the bar · sure`, or the state in words. */
export function musicFacts(row: MusicRow): string {
  if (row.state === 'listening') return 'Listening for the beats…';
  if (row.state === 'failed') return row.error?.message ?? 'This file could not be listened to.';
  const parts: string[] = [];
  if (row.durationSeconds !== null) parts.push(clock(row.durationSeconds));
  if (row.hasPulse === false) parts.push('no steady pulse');
  else {
    if (row.bpm !== null) parts.push(`${row.bpm.toFixed(row.bpm % 1 < 0.05 || row.bpm % 1 > 0.95 ? 0 : 1)} BPM`);
    if (row.beatsPerBar !== null && row.beatsPerBar !== 4) parts.push(`${row.beatsPerBar} to the bar`);
    if (row.confidence !== null && row.confidence < 0.35) parts.push('unsure');
  }
  return parts.join(' · ');
}
