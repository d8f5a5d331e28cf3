/** The team in words: the connection, ages, costs, machines. Pure. */
import type { FleetDocument, TeamStatus } from '../../../main/host/team-contract.ts';

export const count = (number: number, one: string, many = `${one}s`): string => `${number.toLocaleString('en')} ${number === 1 ? one : many}`; // biome-ignore format: one thought

/** Short, for the status line. */
export function stateWords(status: TeamStatus): string {
  const { state, waiting, transfers, firstSync } = status;
  const unsent = waiting + transfers.files;
  switch (state) {
    case 'off':
      return 'No team';
    case 'connecting':
      return 'Connecting';
    case 'offline':
      return unsent === 0 ? 'Offline' : `Offline, ${unsent.toLocaleString('en')} to send`;
    case 'syncing':
      if (firstSync !== null) return `Fetching listings ${firstSync.done.toLocaleString('en')} of ${firstSync.of.toLocaleString('en')}`; // biome-ignore format: one thought
      return unsent === 0 ? 'Syncing' : `Syncing ${unsent.toLocaleString('en')}`;
    case 'up_to_date':
      return 'Up to date';
    case 'refused':
      return 'Not let in';
  }
}

export const STATE_TONES: Readonly<Record<TeamStatus['state'], 'quiet' | 'work' | 'pass' | 'attention' | 'fail'>> = {
  off: 'quiet',
  connecting: 'work',
  offline: 'attention',
  syncing: 'work',
  up_to_date: 'pass',
  refused: 'fail',
};

export function bytesWords(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1000))} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

/** How long ago, by two clocks' times of one machine. */
export function ago(at: string, now: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(now) - Date.parse(at)) / 1000));
  if (seconds < 5) return 'now';
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129_600) return `${Math.round(seconds / 3_600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

export function secondsWords(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}

/** Millionths of a dollar. */
export function costWords(micros: number): string {
  const dollars = micros / 1_000_000;
  return dollars > 0 && dollars < 0.01 ? 'under $0.01' : `$${dollars.toFixed(2)}`;
}

export function machineWords({ probe }: FleetDocument['workers'][number]): string {
  const [gpu] = probe.gpus;
  if (gpu !== undefined)
    return `${probe.gpus.length > 1 ? `${probe.gpus.length} × ` : ''}${gpu.name}, ${Math.round(gpu.vramMiB / 1024)} GB`;
  return `${count(probe.cpus, 'core')}, ${Math.round(probe.memoryMiB / 1024)} GB`;
}

const PLACES: Readonly<Record<string, string>> = { library: 'Library', rooms: 'Rooms', timeline: 'Timeline', renders: 'Renders', review: 'Review', deliver: 'Deliver', settings: 'Settings' }; // biome-ignore format: one glance
export const placeWords = (place: string): string => PLACES[place] ?? 'The studio';

/** Up to two letters of a name, for a small round badge. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '');
  return letters.join('').toLocaleUpperCase() || '?';
}

export const TASK_WORDS: Readonly<Record<FleetDocument['tasks'][number]['kind'], string>> = {
  analyze: 'Analysis',
  timeline: 'Timeline',
  render: 'Clip',
  assemble: 'Film',
};
