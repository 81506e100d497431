import { debuglog } from 'node:util';
import { foreignText } from '../errors.js';

const log = debuglog('generate-certs');

/** What a decision was about. */
export type DebugTopic = 'lock' | 'recovery' | 'freshness' | 'probe' | 'front';

/**
 * Tells of a decision on standard error, with the time, where the environment has `NODE_DEBUG=generate-certs`.
 *
 * @param message made only where it is told. It must hold no key material
 */
export function debug(topic: DebugTopic, message: () => string): void {
  if (log.enabled) log('%s %s: %s', new Date().toISOString(), topic, foreignText(message()));
}
