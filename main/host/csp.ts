/** Headers that every answer carries: those of the pages, which the window's own scheme sends too. Pure. */
import { CONTENT_SECURITY_POLICY, PAGE_HEADERS } from '../desktop/csp.ts';

export { CONTENT_SECURITY_POLICY };

export const SECURITY_HEADERS: Readonly<Record<string, string>> = { ...PAGE_HEADERS, 'x-frame-options': 'DENY' };
