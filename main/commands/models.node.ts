import { PicaividError } from '../../base/errors.ts';
import { listModels, pullSet, verifySet } from '../../models/store.node.ts';
import type { CommandResult } from '../cli.node.ts';
import type { CommandContext } from './context.ts';

const MEGABYTE = 1_000_000;

function userSet(set: string | undefined): 'standard' | 'light' {
  const chosen = set ?? 'standard';
  if (chosen === 'standard' || chosen === 'light') return chosen;
  throw new PicaividError('bad_usage', `There is no set "${chosen}": standard (best) or light (about 200 MB).`);
}

/** `models list|pull|verify [set]`. */
export async function modelsCommand(
  action: 'list' | 'pull' | 'verify',
  set: string | undefined,
  { onProgress, signal }: CommandContext,
): Promise<CommandResult> {
  if (action === 'pull') {
    const chosen = userSet(set);
    await pullSet(chosen, {
      signal,
      onProgress: ({ bytes, total }) =>
        onProgress({
          fraction: total === 0 ? 0 : bytes / total,
          sentence: `Fetching the ${chosen} networks: ${Math.round(bytes / MEGABYTE)} of ${Math.round(total / MEGABYTE)} MB`,
        }),
    });
    return { json: await listModels(), text: `The ${chosen} networks are here and verified.` };
  }
  if (action === 'verify') {
    const states = await verifySet(userSet(set));
    const ok = states.every((state) => state.state === 'complete');
    return { json: states, ok, text: states.map((state) => `  ${state.state.padEnd(9)} ${state.file}`).join('\n') };
  }
  const models = await listModels();
  return {
    json: models,
    text: models
      .map(
        (model) =>
          `  ${model.name.padEnd(30)} ${model.sets.join(', ').padEnd(16)} ${String(Math.round(model.bytes / MEGABYTE)).padStart(4)} MB  ${model.state.padEnd(9)} ${model.licence}`,
      )
      .join('\n'),
  };
}
