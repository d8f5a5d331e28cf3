/** All migrations, oldest first. Each goes up and down; a name is never reused or renamed once it has landed. */
import type { Migration } from 'kysely';
import type { Dialect } from '../codec.ts';
import { migration001 } from './001-pipeline.ts';
import { migration002 } from './002-studio.ts';
import { migration003 } from './003-films.ts';
import { migration004 } from './004-review.ts';
import { migration005 } from './005-team.ts';
import { migration006 } from './006-fleet-turns.ts';

export function migrations(dialect: Dialect): Readonly<Record<string, Migration>> {
  return {
    '001-pipeline': migration001(dialect),
    '002-studio': migration002(dialect),
    '003-films': migration003(dialect),
    '004-review': migration004(dialect),
    '005-team': migration005(dialect),
    '006-fleet-turns': migration006(dialect),
  };
}
