/** Values from a JSON schema, good ones and broken ones, by a seed. Pure. */
import fc from 'fast-check';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** What of JSON Schema (draft 2020-12) the service's document uses. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

export interface Making {
  readonly random: () => number;
  /** Ids and hashes that are in the database, so that good requests get far. */
  readonly known: { readonly uuid: readonly string[]; readonly sha256: readonly string[] };
}

const DEEPEST = 12;
const SHA256 = '^[0-9a-f]{64}$';
const matching = new Map<string, readonly string[]>();

export function pick<T>(list: readonly T[], random: () => number): T {
  const chosen = list[Math.floor(random() * list.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
}

const hex = (length: number, random: () => number): string =>
  Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
const uuid = (random: () => number): string =>
  `${hex(8, random)}-${hex(4, random)}-7${hex(3, random)}-8${hex(3, random)}-${hex(12, random)}`;

const WORDS = ['a', 'Elm Street 4', 'Küche', '客厅', '🏠', 'living_room', 'a"b', 'a\\b', "O'Brien", 'x y z', '<b>', '%s', '{{a}}']; // biome-ignore format: one list

function text(schema: JsonSchema, { random, known }: Making): string {
  const { format, pattern, minLength = 0, maxLength = 100 } = schema;
  if (format === 'uuid') return known.uuid.length > 0 && random() < 0.6 ? pick(known.uuid, random) : uuid(random);
  if (format === 'date-time') return new Date(Math.floor(random() * 2e12)).toISOString();
  if (pattern === SHA256) return known.sha256.length > 0 && random() < 0.6 ? pick(known.sha256, random) : hex(64, random); // biome-ignore format: one line
  if (pattern !== undefined) {
    let examples = matching.get(pattern);
    if (examples === undefined) {
      examples = fc.sample(fc.stringMatching(new RegExp(pattern)), { seed: 7, numRuns: 30 });
      matching.set(pattern, examples);
    }
    return pick(examples, random);
  }
  let made = pick(WORDS, random);
  while (made.length < minLength) made += pick(WORDS, random);
  if (random() < 0.05) made = made.padEnd(maxLength, 'x');
  return made.slice(0, Math.max(minLength, maxLength)).toWellFormed();
}

function number(schema: JsonSchema, random: () => number, whole: boolean): number {
  const least = schema.minimum ?? (schema.exclusiveMinimum === undefined ? -1000 : schema.exclusiveMinimum + (whole ? 1 : 0.001)); // biome-ignore format: one line
  const most = schema.maximum ?? (schema.exclusiveMaximum === undefined ? Math.max(least, 1000) : schema.exclusiveMaximum - (whole ? 1 : 0.001)); // biome-ignore format: one line
  const where = random();
  if (where < 0.1) return whole ? Math.ceil(least) : least;
  if (where < 0.2) return whole ? Math.floor(most) : most;
  const near = Math.min(most, least + 1000);
  const made = least + random() * (near - least);
  return whole ? Math.round(made) : made;
}

function anything(random: () => number, depth: number): Json {
  const kind = Math.floor(random() * (depth > 3 ? 4 : 6));
  if (kind === 0) return null;
  if (kind === 1) return random() < 0.5;
  if (kind === 2) return Math.round(random() * 1000) / 10;
  if (kind === 3) return pick(WORDS, random);
  if (kind === 4) return Array.from({ length: Math.floor(random() * 3) }, () => anything(random, depth + 1));
  return Object.fromEntries(
    Array.from({ length: Math.floor(random() * 3) }, () => [pick(WORDS, random), anything(random, depth + 1)]),
  );
}

/** A value that the schema describes (refinements beyond the schema are not known here). */
export function good(schema: JsonSchema, making: Making, depth = 0): Json {
  const { random } = making;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return pick(schema.enum, random);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return good(pick(choices, random), making, depth);
  if (schema.allOf !== undefined) {
    const parts = schema.allOf.map((part) => good(part, making, depth));
    return parts.every((part) => typeof part === 'object' && part !== null && !Array.isArray(part))
      ? Object.assign({}, ...parts)
      : (parts[0] ?? null);
  }
  const type = Array.isArray(schema.type) ? pick(schema.type as readonly string[], random) : (schema.type as string | undefined); // biome-ignore format: one line
  if (type === 'null') return null;
  if (type === 'boolean') return random() < 0.5;
  if (type === 'string') return text(schema, making);
  if (type === 'integer' || type === 'number') return number(schema, random, type === 'integer');
  if (type === 'array') {
    if (schema.prefixItems !== undefined) return schema.prefixItems.map((item) => good(item, making, depth + 1));
    const least = schema.minItems ?? 0;
    const most = Math.min(schema.maxItems ?? 3, least + 2);
    const length = depth > DEEPEST ? least : least + Math.floor(random() * (most - least + 1));
    return Array.from({ length }, () => good(schema.items ?? {}, making, depth + 1));
  }
  if (type === 'object' || schema.properties !== undefined) {
    const required = new Set(schema.required ?? []);
    const made: { [name: string]: Json } = {};
    for (const [name, inner] of Object.entries(schema.properties ?? {}))
      if (required.has(name) || random() < 0.5) made[name] = good(inner, making, depth + 1);
    const more = schema.additionalProperties;
    if (typeof more === 'object' && random() < 0.7) made[pick(WORDS, random)] = good(more, making, depth + 1);
    return made;
  }
  return anything(random, 0);
}

const NASTY: readonly Json[] = [
  null, true, 0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324, '', ' ', '0', '\0', 'a\0b', '\ud800', "' or '1'='1", "'; drop table teams; --",
  '../../../etc/passwd', '..\\..\\windows', 'C:\\con', 'file:///etc/passwd', 'http://169.254.169.254/', '%00', '%s%s%n', '#{jndi:ldap://x}',
  'x'.repeat(5000), '🏠'.repeat(300), '0000-00-00T00:00:00Z', '9999-12-31T23:59:59.999Z', '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  [], {}, [[]], [null], { '': '' }, { constructor: { prototype: 1 } }, 'NaN', 'Infinity', 'undefined', '__proto__',
]; // biome-ignore format: one list

/** The value with one place of it broken: another kind of value, something left out, something twice, something more. */
export function broken(value: Json, random: () => number): Json {
  if (typeof value !== 'object' || value === null || random() < 0.2) return pick(NASTY, random);
  if (Array.isArray(value)) {
    if (value.length === 0) return [pick(NASTY, random)];
    const at = Math.floor(random() * value.length);
    if (random() < 0.15) return [...value, ...value];
    return value.map((inner, index) => (index === at ? broken(inner, random) : inner));
  }
  const names = Object.keys(value);
  if (names.length === 0) return { more: pick(NASTY, random) };
  const name = pick(names, random);
  const { [name]: inner = null, ...rest } = value;
  if (random() < 0.1) return rest;
  if (random() < 0.1) return { ...value, [`more ${names.length}`]: pick(NASTY, random) };
  return { ...value, [name]: broken(inner, random) };
}
