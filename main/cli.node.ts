/** The command line: parses, runs one command, prints one result, answers with an exit code. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { PicaividError, toPicaividError } from '../base/errors.ts';
import { KEY_ROLES } from '../db/sync/protocol.ts';
import { TEMPLATE_NAMES } from '../pipeline/domain.ts';
import type { CommandContext } from './commands/context.ts';
import { PROJECT_ROOT } from './paths.node.ts';
import { progressPrinter } from './progress.node.ts';
import { readSettings } from './settings.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, cancelled: 130 } as const;

/** What a command gives: a document for `--json`, and sentences for a person. */
export interface CommandResult {
  readonly json: unknown;
  readonly text: string;
  /** False when the command ran but its answer is "no" (a model that does not verify, say). */
  readonly ok?: boolean;
}

type Run = (context: CommandContext) => Promise<CommandResult>;

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('A port is 0 to 65535.');
  return value;
}

function phaseNumber(text: string): 1 | 2 | 3 | 4 {
  const value = Number(text);
  if (value === 1 || value === 2 || value === 3 || value === 4) return value;
  throw new InvalidArgumentError('The phases are 1, 2, 3 and 4.');
}

/** Runs the command line with these arguments; gives the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let run: Run | undefined;
  let wantsJson = false;
  const choose = (options: { json?: boolean | string }, chosen: Run): void => {
    wantsJson = options.json === true;
    run = chosen;
  };
  const models = new Option('--models <set>', 'networks to use')
    .choices(['auto', 'standard', 'light', 'none'])
    .default('auto');
  const json = new Option('--json', 'print one JSON document on standard output');

  const program = new Command('picaivid')
    .description('A listing’s photos and a music track in, a beat-synced property film out.')
    .exitOverride();

  program
    .command('film <folder>')
    .description('make the film of a folder of photos')
    .option('--music <file>', 'the music; without it the film is silent and cut on an even grid')
    .requiredOption('--out <file>', 'the film, for example film.mp4')
    .addOption(new Option('--template <name>', 'style of the film').choices([...TEMPLATE_NAMES]).default('classic'))
    .option('--length <seconds>', 'target length', positive)
    .addOption(
      new Option('--renderer <name>', 'how clips are rendered')
        .choices(['depth_parallax', 'ken_burns'])
        .default('depth_parallax'),
    )
    .option(
      '--work <folder>',
      'work folder: run the same command again and it goes on from there (default: beside the film)',
    )
    .option('--no-beat-sync', 'cut on an even grid, whatever the music does')
    .addOption(models)
    .addOption(json)
    .action((folder: string, options) =>
      choose(options, async (context) =>
        (await import('./commands/film.node.ts')).filmCommand(folder, options, context),
      ),
    );

  program
    .command('analyze <folder>')
    .description('rooms, scores, depth figures and motion plan of a folder of photos')
    .option('--work <folder>', 'keep what was computed here (default: the user’s cache)')
    .addOption(models)
    .addOption(json)
    .action((folder: string, options) =>
      choose(options, async (context) =>
        (await import('./commands/analyze.node.ts')).analyzeCommand(folder, options, context),
      ),
    );

  program
    .command('beats <audio>')
    .description('beats, downbeats and tempo of a piece of music')
    .addOption(models)
    .addOption(json)
    .action((audio: string, options) =>
      choose(options, async (context) =>
        (await import('./commands/beats.node.ts')).beatsCommand(audio, options, context),
      ),
    );

  program
    .command('phase')
    .argument('<number>', '1 analyse, 2 render, 3 timeline, 4 assemble', phaseNumber)
    .description('run one phase of a job again; human decisions are kept')
    .requiredOption('--work <folder>', 'the job’s work folder')
    .addOption(json)
    .action((phase: 1 | 2 | 3 | 4, options) =>
      choose(options, async (context) =>
        (await import('./commands/film.node.ts')).phaseCommand(phase, options, context),
      ),
    );

  program
    .command('models')
    .addArgument(program.createArgument('<action>', 'what to do').choices(['list', 'pull', 'verify']))
    .argument('[set]', 'standard or light')
    .description('the neural networks: what there is, fetch a set, check its files')
    .addOption(json)
    .action((action: 'list' | 'pull' | 'verify', set: string | undefined, options) =>
      choose(options, async (context) =>
        (await import('./commands/models.node.ts')).modelsCommand(action, set, context),
      ),
    );

  program
    .command('db')
    .addArgument(program.createArgument('<action>', 'what to do').choices(['migrate', 'rollback', 'status']))
    .description('the database’s migrations')
    .option('--url <url>', 'postgresql://… or a SQLite file (default: DATABASE_URL)')
    .addOption(json)
    .action((action: 'migrate' | 'rollback' | 'status', options) =>
      choose(options, async (context) => (await import('./commands/db.node.ts')).dbCommand(action, options, context)),
    );

  program
    .command('service')
    .description(
      'the team’s API: sync, files, fleet, jobs, metrics (DATABASE_URL, storage and queue from the settings)',
    )
    .addOption(new Option('--port <n>', 'where it listens; 0 takes any free port').argParser(port).default(8080))
    .option('--host <address>', 'the address it listens on', '127.0.0.1')
    .addOption(json)
    .action((options) =>
      choose(options, async (context) => (await import('./commands/service.node.ts')).serviceCommand(options, context)),
    );

  program
    .command('worker')
    .description('a worker of the fleet: phases 1, 3 and 4 (cpu), or clips (gpu)')
    .addOption(new Option('--type <type>', 'what it does (default: WORKER_TYPE)').choices(['cpu', 'gpu']))
    .option('--render', 'a CPU worker that renders clips too, where there is no GPU')
    .option('--name <name>', 'how it is called in the studio (default: this machine’s name)')
    .option('--idle-exit <minutes>', 'end after this long without work', positive)
    .addOption(models)
    .addOption(json)
    .action((options) =>
      choose(options, async (context) => (await import('./commands/worker.node.ts')).workerCommand(options, context)),
    );

  program
    .command('queue')
    .addArgument(program.createArgument('<action>', 'what to do').choices(['status', 'redrive']))
    .description('the fleet’s work: what waits, what was given up, and handing that out again')
    .addOption(new Option('--type <type>', 'only of this type of worker').choices(['cpu', 'gpu']))
    .addOption(json)
    .action((action: 'status' | 'redrive', options) =>
      choose(options, async (context) =>
        (await import('./commands/queue.node.ts')).queueCommand(action, options, context),
      ),
    );

  program
    .command('fleet')
    .description('a whole team on this machine, to try: PostgreSQL, storage, service, two workers and a studio')
    .requiredOption('--demo', 'it is for trying: everything lies in one folder')
    .option('--home <folder>', 'where it lies (default: the user’s cache)')
    .option('--workers <n>', 'CPU workers', positive, 2)
    .option('--no-studio', 'without a studio')
    .addOption(json)
    .action((options) =>
      choose(options, async (context) => (await import('./commands/fleet.node.ts')).fleetCommand(options, context)),
    );

  program
    .command('keys')
    .addArgument(program.createArgument('<action>', 'what to do').choices(['create', 'list', 'revoke']))
    .argument('[id]', 'the key to revoke')
    .description('keys of the team’s API: each belongs to a team and a role, and is shown once')
    .option('--team <name>', 'the team; it is made with its first key')
    .addOption(new Option('--role <role>', 'what the key may do').choices([...KEY_ROLES]))
    .option('--name <whose>', 'whose key it is')
    .option('--url <url>', 'postgresql://… (default: DATABASE_URL)')
    .addOption(json)
    .action((action: 'create' | 'list' | 'revoke', id: string | undefined, options) =>
      choose(options, async (context) =>
        (await import('./commands/keys.node.ts')).keysCommand(action, id, options, context),
      ),
    );

  program
    .command('bench')
    .argument('[names...]', 'analyze, beats, render, steadiness, assemble (default: all)')
    .description('measure this machine against the peers, side by side')
    .option('--json <file>', 'also write the figures to a file')
    .action((names: string[], options) =>
      choose({}, async (context) => (await import('./commands/bench.node.ts')).benchCommand(names, options, context)),
    );

  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const printer = progressPrinter();
  try {
    if (existsSync(join(PROJECT_ROOT, '.env'))) process.loadEnvFile(join(PROJECT_ROOT, '.env'));
    await program.parseAsync([...argv], { from: 'user' });
    if (run === undefined) return EXIT.usage;
    const settings = readSettings(process.env);
    const result = await run({ settings, onProgress: printer.onProgress, signal: controller.signal });
    printer.done();
    process.stdout.write(wantsJson ? `${JSON.stringify(result.json)}\n` : `${result.text}\n`);
    return result.ok === false ? EXIT.failed : EXIT.done;
  } catch (cause) {
    printer.done();
    // Commander has said its sentence already; --help is no error.
    if (cause instanceof CommanderError) return cause.exitCode === 0 ? EXIT.done : EXIT.usage;
    const error = controller.signal.aborted
      ? new PicaividError(
          'cancelled',
          'Stopped as asked; what was finished is kept. Run the same command again to go on.',
          { cause },
        )
      : toPicaividError(cause);
    process.stderr.write(`${error.message}\n`);
    if (error.code === 'internal' && process.env.LOG_LEVEL === 'debug')
      process.stderr.write(`${error.cause instanceof Error ? error.cause.stack : ''}\n`);
    if (wantsJson) process.stdout.write(`${JSON.stringify({ error: error.toJSON() })}\n`);
    if (error.code === 'cancelled') return EXIT.cancelled;
    return error.code === 'bad_usage' ? EXIT.usage : EXIT.failed;
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  }
}

if (import.meta.main) {
  const code = await main(process.argv.slice(2));
  // Worker threads of an aborted run may linger; what is durable is durable by now.
  process.exit(code);
}
