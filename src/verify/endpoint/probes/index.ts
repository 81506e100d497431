import { probeAuthorities } from './authorities.js';
import { probeForgedHeaders } from './forged.js';
import { probeOutdated } from './outdated.js';
import type { Probe } from './probe.js';
import { probeProtocols } from './protocols.js';
import { probeServerNames } from './server-names.js';
import { probeSessions } from './sessions.js';

/** All of them, in the order of their rows. They run side by side. */
export const PROBES: readonly Probe[] = [
  probeServerNames,
  probeProtocols,
  probeSessions,
  probeForgedHeaders,
  probeAuthorities,
  probeOutdated,
];
