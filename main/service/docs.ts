/** The OpenAPI document as a page to read, with nothing from elsewhere. In development only. Pure. */
import type { OpenApiDocument } from './openapi.ts';

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c);

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2330}
h2{margin:2rem 0 .5rem;text-transform:capitalize}details{border:1px solid #d5d9e2;border-radius:6px;margin:.4rem 0}
summary{cursor:pointer;padding:.5rem .75rem}code{font:13px ui-monospace,monospace}b{display:inline-block;width:3.5rem}
pre{background:#f5f6f9;margin:0;padding:.75rem;overflow:auto;font:12px/1.4 ui-monospace,monospace}
p{margin:.25rem .75rem}`;

export function docsPage(document: OpenApiDocument): Response {
  const groups = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(document.paths ?? {}))
    for (const [method, operation] of Object.entries(methods ?? {})) {
      if (typeof operation !== 'object' || operation === null || !('responses' in operation)) continue;
      const { tags, summary = '', description = '', parameters, requestBody, responses } = operation;
      const details = JSON.stringify({ parameters, requestBody, responses }, null, 2);
      const tag = tags?.[0] ?? 'other';
      const entries = groups.get(tag) ?? [];
      entries.push(
        `<details><summary><b>${method.toUpperCase()}</b> <code>${escaped(path)}</code> ${escaped(summary)}</summary><p>${escaped(description)}</p><pre>${escaped(details)}</pre></details>`,
      );
      groups.set(tag, entries);
    }
  const sections = [...groups].map(
    ([tag, entries]) => `<section><h2>${escaped(tag)}</h2>${entries.join('')}</section>`,
  );
  const { title, description = '', version } = document.info;
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>${STYLE}</style></head><body><h1>${escaped(title)} ${escaped(version)}</h1><p>${escaped(description)} The document itself: <a href="/docs/openapi.json">openapi.json</a>.</p>${sections.join('')}</body></html>`;
  return new Response(html, {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    },
  });
}
