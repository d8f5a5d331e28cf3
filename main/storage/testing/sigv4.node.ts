/** Checks a signed address as S3 does (AWS Signature Version 4, in the query): written from its description, not its client. */
import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** S3's name of what is wrong with a signed address; undefined where it is right. @param now milliseconds */
export function wrongWithLink(
  method: string,
  url: URL,
  headers: IncomingHttpHeaders,
  secret: string,
  now: number,
): string | undefined {
  const query = url.searchParams;
  const date = query.get('X-Amz-Date') ?? '';
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(at) || now > at + Number(query.get('X-Amz-Expires')) * 1000) return 'AccessDenied';
  const signed = (query.get('X-Amz-SignedHeaders') ?? '').split(';');
  const unsigned = Object.keys(headers).filter((name) => name.startsWith('x-amz-') && !signed.includes(name));
  if (unsigned.length > 0) return 'AccessDenied';
  const [, day = '', region = '', service = '', end = ''] = (query.get('X-Amz-Credential') ?? '').split('/');
  const canonical = [
    method,
    url.pathname,
    [...query]
      .filter(([name]) => name !== 'X-Amz-Signature')
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...signed.map((name) => `${name}:${String(headers[name] ?? '').trim()}`),
    '',
    signed.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', date, `${day}/${region}/${service}/${end}`, hash].join('\n');
  const key = [day, region, service, end].reduce<string | Buffer>((so, part) => hmac(so, part), `AWS4${secret}`);
  const right = createHmac('sha256', key).update(text).digest('hex');
  return right === query.get('X-Amz-Signature') ? undefined : 'SignatureDoesNotMatch';
}
