import { PicaividError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.node.ts';
import type { BenchResult } from '../../bench/types.ts';
import type { CommandResult } from '../cli.node.ts';
import { fromCaller } from '../paths.node.ts';
import type { CommandContext } from './context.ts';

const BENCHES: Readonly<Record<string, () => Promise<BenchResult>>> = {
  analyze: async () => (await import('../../bench/analyze.node.ts')).benchAnalyze(),
  render: async () => (await import('../../bench/render.node.ts')).benchRender(),
  steadiness: async () => (await import('../../bench/steadiness.node.ts')).benchSteadiness(),
  validation: async () => (await import('../../bench/validation.node.ts')).benchValidation(),
  assemble: async () => (await import('../../bench/assemble.node.ts')).benchAssemble(),
  parity: async () => (await import('../../bench/parity.node.ts')).benchParity(),
  film: async () => (await import('../../bench/film-parity.node.ts')).benchFilm(),
  drift: async () => (await import('../../bench/film-drift.node.ts')).benchDrift(),
  sync: async () => (await import('../../bench/team-sync.node.ts')).benchSync(),
  edits: async () => (await import('../../bench/edits.node.ts')).benchEdits(),
  screens: async () => (await import('../../bench/screens.node.ts')).benchScreens(),
  timeline: async () => (await import('../../bench/timeline.node.ts')).benchTimeline(),
  frames: async () => (await import('../../bench/frames.node.ts')).benchFrames(),
  start: async () => (await import('../../bench/start.node.ts')).benchStart(),
  load: async () => (await import('../../bench/load.node.ts')).benchLoad(),
  queue: async () => (await import('../../bench/queue.node.ts')).benchQueue(),
  beats: async () => (await import('../../bench/beats.node.ts')).benchBeats(),
};

function table(result: BenchResult): string {
  const rows = result.rows.map((row) => [
    row.what,
    `${Number.isInteger(row.value) ? row.value : row.value.toPrecision(4)} ${row.unit}`,
    row.goal ?? '',
    row.met === undefined ? '' : row.met ? 'met' : 'missed',
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
  return [result.name, ...lines, ...result.notes.map((note) => `  ${note}`)].join('\n');
}

/** `bench [names…] [--json FILE]`: one after the other, never two at a time. */
export async function benchCommand(
  names: readonly string[],
  options: { json?: string },
  { onProgress }: CommandContext,
): Promise<CommandResult> {
  const chosen = names.length > 0 ? names : Object.keys(BENCHES);
  const results: BenchResult[] = [];
  for (const [index, name] of chosen.entries()) {
    const bench = BENCHES[name];
    if (bench === undefined)
      throw new PicaividError('bad_usage', `There is no bench "${name}". Known: ${Object.keys(BENCHES).join(', ')}.`);
    onProgress({ fraction: index / chosen.length, sentence: `Measuring ${name}` });
    results.push(await bench());
  }
  if (options.json !== undefined)
    await writeFileAtomic(fromCaller(options.json), `${JSON.stringify(results, null, 2)}\n`);
  return { json: results, text: results.map(table).join('\n\n') };
}
