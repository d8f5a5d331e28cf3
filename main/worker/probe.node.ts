/** What this machine has, for its registration: processors, memory, graphics cards with their memory and driver. */
import { execFile } from 'node:child_process';
import { arch, availableParallelism, platform, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Probe } from '../fleet/contract.ts';

const PROBE_TIMEOUT_MS = 5_000;
const run = promisify(execFile);

/**
 * `name, MiB, driver` a line, as `nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits`
 * prints it. Lines that say anything else are left out.
 */
export function readGpus(text: string): Probe['gpus'] {
  return text.split('\n').flatMap((line) => {
    const [name = '', memory = '', driver = ''] = line.split(',').map((part) => part.trim());
    const vramMiB = Number(memory);
    return name !== '' && Number.isInteger(vramMiB) && vramMiB > 0 ? [{ name, vramMiB, driver }] : [];
  });
}

/** Never fails: a machine without nvidia-smi, or whose driver does not answer, has no graphics card for us. */
export async function probeMachine(command = 'nvidia-smi'): Promise<Probe> {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits'];
  const gpus = await run(command, query, { timeout: PROBE_TIMEOUT_MS }).then(
    ({ stdout }) => readGpus(stdout),
    () => [],
  );
  return {
    cpus: availableParallelism(),
    memoryMiB: Math.max(1, Math.floor(totalmem() / 2 ** 20)),
    gpus,
    platform: `${platform()}-${arch()}`,
  };
}
