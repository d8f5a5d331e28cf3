/** The real host, a listing whose film is there, and what it holds. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, type Page } from '@playwright/test';
import { z } from 'zod';
import { fixturesFolder } from '../../models/fixtures.node.ts';
import { timelineSchema } from '../../pipeline/timeline/schema.ts';
import { ask } from '../journey.ts';
import { builtPages } from './pages.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface FilmHost {
  /** The one-time link. */
  readonly link: string;
  stop(): Promise<void>;
}

/** Starts the host in a folder of its own. */
export async function startFilmHost(): Promise<FilmHost> {
  const work = mkdtempSync(join(tmpdir(), 'picaivid-film-'));
  const node = join(ROOT, 'node_modules', 'node', 'bin', 'node');
  const script = join(ROOT, 'main', 'host', 'serve.node.ts');
  const home = join(work, 'home');
  // Without the fixture networks the film is made from what needs none.
  const models = fixturesFolder() === undefined ? 'none' : 'fixture';
  const host: ChildProcess & { readonly stdout: NonNullable<ChildProcess['stdout']> } = spawn(
    node,
    [script, '--port', '0', '--home', home, '--models', models, '--pages', builtPages()],
    { cwd: ROOT, stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const [line] = (await once(createInterface({ input: host.stdout }), 'line')) as [string];
  return {
    link: z.object({ url: z.string() }).parse(JSON.parse(line)).url,
    stop: async () => {
      if (host.exitCode === null) {
        host.kill('SIGTERM');
        await once(host, 'exit');
      }
      rmSync(work, { recursive: true, force: true });
    },
  };
}

export const listings = z.array(z.object({ id: z.string(), status: z.string() }));
const film = z.object({
  timeline: timelineSchema.nullable(),
  settings: z.object({ template: z.string(), targetSeconds: z.number(), musicId: z.string().nullable() }),
  undo: z.string().nullable(),
});

/** The host's film once everything that the page did has arrived. */
export async function filmOf(page: Page, id: string): Promise<z.infer<typeof film>> {
  await expect(page.getByRole('contentinfo')).not.toContainText('Saving');
  return ask(page, film, 'timeline.get', { id });
}
