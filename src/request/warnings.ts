import type { Warning } from '../errors.js';
import type { FlawName, ServerFlawName } from '../pki/flaws/flaws.js';
import type { KeyType } from '../pki/keys/key-types.js';
import type { Identity } from '../pki/names/identity.js';
import { LONGEST_QUIET_LIFE } from '../util/duration.js';
import type { LayoutRules } from './layout-rules.js';

/** @param fitting a type that all chosen layouts accept */
export function keyTypeWarning(layout: LayoutRules, key: KeyType, fitting: KeyType): Warning[] {
  const problem = layout.keyTypeProblem(key);
  if (problem === undefined) return [];
  return [
    {
      message: `${layout.consumer} does not work with ${key} keys: ${problem}`,
      hint: `leave out --key for ${fitting}, unless your configuration differs`,
    },
  ];
}

export function lifeWarning(typed: string, seconds: number): Warning[] {
  if (seconds <= LONGEST_QUIET_LIFE) return [];
  return [
    {
      message: `the set lives for ${typed}, longer than a day`,
      hint: 'test keys that live long get copied and kept: make new ones instead',
    },
  ];
}

export function wildcardWarning({ value }: Identity): Warning[] {
  if (!/^\*\.[^.]+$/.test(value)) return [];
  return [
    {
      message: `most clients take no wildcard right below a top-level name: '${value}'`,
      hint: `use a deeper one, such as *.api${value.slice(1)}, or name the hosts`,
    },
  ];
}

export function leftOutWarning(flaw: FlawName | ServerFlawName): Warning {
  return {
    message: `'all' leaves out the flaw '${flaw}'`,
    hint:
      flaw === 'weak-signature'
        ? 'it needs a CA with an RSA or EC key: use another --ca-key (caKey)'
        : 'it needs a CA with name constraints: add --name-constraints (nameConstraints: true)',
  };
}
