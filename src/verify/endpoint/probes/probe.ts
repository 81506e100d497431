import type { Finding } from '../../report/finding.js';
import type { Opened } from '../proof.js';

/** What is looked for at an endpoint beside its cases, once a valid client was let in; nothing where it does not apply. */
export type Probe = (opened: Opened) => Promise<readonly Finding[]>;
