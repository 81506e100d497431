// The examples of the documentation: every ```ts block in the doc comments of the modules that the library's
// face exports from, and in the pages of the documentation.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeBlocks } from './pages.js';
import { REPOSITORY } from './program.js';

export interface PublicName {
  readonly name: string;
  readonly module: string;
  /** The doc comment right above its declaration; empty where there is none. */
  readonly doc: string;
}

export interface Example {
  /** Where it stands. */
  readonly title: string;
  readonly code: string;
}

const source = (path: string) => readFileSync(join(REPOSITORY, 'src', path), 'utf8');

/** What src/index.ts exports. */
export function publicNames(): PublicName[] {
  return [...source('index.ts').matchAll(/^export (?:type )?\{([^}]*)\} from '\.\/(.*)\.js';$/gm)].flatMap(
    ([, names = '', path = '']) =>
      names
        .split(',')
        .map((name) => name.replace(/^\s*type\s/, '').trim())
        .filter((name) => name !== '')
        .map((name) => ({ name, module: `${path}.ts`, doc: docOf(name, source(`${path}.ts`)) })),
  );
}

function docOf(name: string, text: string): string {
  const declaration = new RegExp(`export (?:async function|function|class|interface|type|const) ${name}\\b`);
  const [above = ''] = text.split(declaration);
  return /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/.exec(above)?.[0] ?? '';
}

/** Every example, each once. */
export function examples(): Example[] {
  const modules = new Set(publicNames().map(({ module }) => module));
  const inCode = [...modules].flatMap((module) =>
    [...source(module).matchAll(/^ *\* ```ts\n([\s\S]*?)^ *\* ```$/gm)].map(([, block = ''], index) => ({
      title: `${module} ${index + 1}`,
      code: block.replace(/^ *\* ?/gm, ''),
    })),
  );
  const inPages = codeBlocks()
    .filter(({ info }) => info === 'ts')
    .map(({ page, text }, index) => ({ title: `${page} ${index + 1}`, code: text }));
  return [...inCode, ...inPages];
}

/** The code without its import of the library: what that gives is in scope. */
export function withoutImport({ code }: Example): string {
  return code.replace(/^import [^;]* from 'generate-certs';$/gm, '');
}
