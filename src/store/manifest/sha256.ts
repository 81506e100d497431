import { hash } from 'node:crypto';

/** SHA-256 over a file's content, lower-case hex. */
export function sha256(content: string | Buffer): string {
  return hash('sha256', content, 'hex');
}
