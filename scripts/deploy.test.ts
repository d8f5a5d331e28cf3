/** The files of deploy/ cannot be run here: what can be checked of them against the code is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readSettings } from '../main/settings.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const json = (path: string): unknown => JSON.parse(read(path));
const files = (folder: string): string[] => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`);

/** Settings of other programs that a container may carry. */
const FOREIGN = new Set([
  'NODE_ENV',
  'NODE_OPTIONS',
  'GPU_ENABLED',
  'POSTGRES_USER',
  'POSTGRES_PASSWORD',
  'POSTGRES_DB',
]);
const source = ['main/settings.ts', 'docs/deploy.md'].map(read);
const isSetting = (name: string): boolean => FOREIGN.has(name) || new RegExp(`\\b${name}\\b`).test(source[0] ?? '');
const cli = read('main/cli.node.ts');

/** `node main/cli.node.ts <command> --option value`: the command and its options are of the command line. */
function expectCommand(command: readonly string[]): void {
  const at = command.indexOf('main/cli.node.ts');
  expect(command[at - 1]).toBe('node');
  const [name = '', ...rest] = command.slice(at + 1);
  expect(cli).toContain(`.command('${name}')`);
  for (const option of rest.filter((word) => word.startsWith('--'))) expect(cli).toContain(`'${option}`);
}

describe('images', () => {
  test.each(files('deploy/docker').filter((path) => path.endsWith('.Dockerfile')))('%s', (path) => {
    const text = read(path).replaceAll('\\\n', ' ');
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines[0]).toMatch(/^FROM /);
    for (const line of lines.filter((one) => one.startsWith('COPY ') && !one.includes('--from='))) {
      const sources = line.split(/\s+/).slice(1, -1);
      for (const from of sources) expect(existsSync(join(ROOT, from)), `${from} of ${path}`).toBe(true);
    }
    // Never as root, stopped by the signal that the programs listen to, started without a shell in between.
    expect(lines.filter((line) => line.startsWith('USER ')).at(-1)).not.toMatch(/root|\b0\b/);
    expect(text).toContain('STOPSIGNAL SIGTERM');
    const command = lines.findLast((line) => line.startsWith('CMD ')) ?? '';
    expectCommand(z.array(z.string()).parse(JSON.parse(command.slice(4))));
    for (const line of lines.filter((one) => one.startsWith('ENV ')))
      for (const [, name = ''] of line.matchAll(/\b([A-Z][A-Z0-9_]+)=/g)) expect(isSetting(name), name).toBe(true);
    // What runs is what the house needs: every folder that main/ imports from.
    for (const floor of ['base', 'models', 'pipeline', 'db', 'main'])
      expect(text).toContain(`COPY ${floor} ./${floor}`);
  });

  test('the context leaves out what must not come into an image', () => {
    const ignored = read('.dockerignore').split('\n');
    for (const name of ['.git', 'node_modules', '.env']) expect(ignored).toContain(name);
  });
});

const environmentSchema = z.record(z.string(), z.unknown());
test('the stack for one machine: commands, settings and files are ours', () => {
  const stack = z
    .object({
      services: z.record(
        z.string(),
        z.object({
          build: z.object({ dockerfile: z.string() }).optional(),
          command: z.array(z.string()).optional(),
          environment: environmentSchema.optional(),
          stop_grace_period: z.string().optional(),
        }),
      ),
      volumes: z.record(z.string(), z.unknown()),
    })
    .parse(parse(read('deploy/compose.yaml'), { merge: true }));
  for (const [name, { build, command, environment }] of Object.entries(stack.services)) {
    if (build !== undefined) expect(existsSync(join(ROOT, build.dockerfile)), name).toBe(true);
    if (command !== undefined) expectCommand(command);
    for (const setting of Object.keys(environment ?? {})) expect(isSetting(setting), setting).toBe(true);
    // Secrets come from outside.
    expect(JSON.stringify(environment ?? {})).not.toMatch(/(PASSWORD|SECRET)":"(?!\$)/);
  }
  expect(() =>
    readSettings({
      DATABASE_URL: 'postgres://a:b@database:5432/picaivid',
      LOCAL_STORAGE_PATH: '/var/lib/picaivid-storage',
      STORAGE_SECRET: 'x'.repeat(32),
      PUBLIC_URL: 'http://localhost:8080',
    }),
  ).not.toThrow();
});

const named = z.array(z.object({ name: z.string() }));
describe('task definitions', () => {
  test.each(['api', 'worker-cpu', 'worker-gpu'])('%s', (name) => {
    const { containerDefinitions } = z
      .object({
        containerDefinitions: z.array(
          z.object({
            command: z.array(z.string()),
            environment: z.array(z.object({ name: z.string(), value: z.string() })),
            secrets: named,
            stopTimeout: z.int(),
          }),
        ),
      })
      .parse(json(`deploy/ecs/${name}.json`));
    for (const { command, environment, secrets, stopTimeout } of containerDefinitions) {
      expectCommand(command);
      for (const { name: setting } of [...environment, ...secrets]) expect(isSetting(setting), setting).toBe(true);
      expect(secrets.map((one) => one.name)).toContain('DATABASE_URL');
      for (const { name: setting } of environment) expect(setting).not.toMatch(/SECRET|PASSWORD|TOKEN|DATABASE_URL/);
      // Two minutes is what a Spot notice gives.
      expect(stopTimeout).toBeLessThanOrEqual(120);
    }
  });

  test('GPU machines ask for their metadata by token only, and a lost one counts as Spot', () => {
    const capacity = read('deploy/ecs/gpu-capacity.json');
    expect(capacity).toContain('"HttpTokens": "required"');
    expect(capacity).toContain('ECS_ENABLE_SPOT_INSTANCE_DRAINING=true');
    expect(capacity).toContain('"OnDemandPercentageAboveBaseCapacity": 100');
  });
});

const statementSchema = z.object({
  Effect: z.literal('Allow'),
  Action: z.array(z.string()),
  Resource: z.union([z.string(), z.array(z.string())]),
});
test.each(files('deploy/iam'))('%s allows no action and no resource by wildcard', (path) => {
  const policy = z.object({ Version: z.literal('2012-10-17'), Statement: z.array(statementSchema) }).parse(json(path));
  for (const { Action: actions, Resource: resource } of policy.Statement) {
    for (const action of actions) expect(action).toMatch(/^(s3|sqs):[A-Za-z]+$/);
    for (const one of [resource].flat())
      expect(one).toMatch(/^(arn:aws:s3:::\$\{S3_BUCKET\}\/blobs\/\*|\$\{SQS_(CPU|GPU)_QUEUE_ARN\})$/);
  }
});

test('dashboards and alarms ask for figures that the service tells, and alarms lead into the runbook', () => {
  const metrics = read('main/service/metrics.node.ts');
  const headings = [...read('docs/runbook.md').matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  const texts = files('deploy/observability').map(read).concat(read('deploy/ecs/gpu-capacity.json'));
  for (const text of texts)
    for (const [, name = ''] of text.matchAll(/picaivid_([a-z_]+)/g)) {
      const base = name.replace(/_bucket$/, '');
      const known = metrics.includes(`'picaivid_${base}'`) || new RegExp(`\\b${base}: \\[`).test(metrics);
      expect(known, `picaivid_${name}`).toBe(true);
    }
  for (const [, anchor = ''] of read('deploy/observability/alarms.json').matchAll(/runbook\.md#([a-z0-9-]+)/g))
    expect(headings).toContain(anchor);
});
