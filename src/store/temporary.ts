import { join } from 'node:path';
import { GenerateCertsError } from '../errors.js';
import { type LayoutName, layoutFolder, layoutOf } from '../layouts/index.js';
import type { CertificateSetOptions } from '../layouts/requests.js';
import type { Credential } from '../pki/credential.js';
import type { FlawName, ServerFlawName } from '../pki/flaws/flaws.js';
import type { CertificateSet } from '../pki/set.js';
import { ACCESS_FIELDS, PASSWORD_FIELDS, SET_FIELDS } from '../request/fields.js';
import { parseKeyAccess } from '../request/key-access.js';
import type { KeyAccessOptions, PasswordOptions } from '../request/options.js';
import { parsePassword } from '../request/password.js';
import { OPTIONS_EXAMPLE } from '../request/request.js';
import { readOptions } from '../util/options.js';
import { createCertificateSet } from './create.js';
import type { Manifest } from './manifest/manifest.js';
import { removeAtExit } from './transaction/at-exit.js';
import { environmentError } from './transaction/file-system.js';
import { makeTemporaryFolder } from './transaction/temporary-folder.js';
import { writeCertificateSet } from './write.js';

/**
 * Where a certificate and its private key are: absolute paths.
 *
 * @example
 * ```ts
 * await using certificates = await temporaryCertificates({ layouts: ['grpc'] });
 * const { certificate, key }: CredentialFiles = certificates.server;
 * ```
 */
export interface CredentialFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * A set in a folder of its own, which goes when it is disposed of, and with the process at the latest.
 *
 * @example
 * ```ts
 * await using certificates = await temporaryCertificates({ clients: ['alice'] });
 * console.log(certificates.path, certificates.ca, certificates.client('alice').key);
 * ```
 */
export class TemporaryCertificates {
  /** The set in memory, with everything that {@link createCertificateSet} gives. */
  readonly set: CertificateSet;
  /** As `set.json` in the folder holds it. */
  readonly manifest: Manifest;
  /** The set's folder: absolute, and only this user's. */
  readonly path: string;
  /** The CA's certificate. */
  readonly ca: string;
  /** The server's certificate, with the CA's behind it, and its key. */
  readonly server: CredentialFiles;
  readonly #forget: () => void;

  /** @internal */
  constructor(set: CertificateSet, manifest: Manifest, path: string, forget: () => void) {
    this.set = set;
    this.manifest = manifest;
    this.path = path;
    this.#forget = forget;
    this.ca = join(path, 'ca.pem');
    this.server = this.#filesOf(set.server);
  }

  /**
   * The files of a client to let in.
   *
   * @throws {@link GenerateCertsError} `ERR_NOT_IN_SET` where the set was made without it
   */
  client(identity: string): CredentialFiles {
    return this.#filesOf(this.set.client(identity));
  }

  /**
   * The files of a client to refuse.
   *
   * @throws {@link GenerateCertsError} `ERR_FLAW_UNKNOWN`, or `ERR_NOT_IN_SET`
   */
  untrusted(flaw: FlawName): CredentialFiles {
    return this.#filesOf(this.set.untrusted(flaw));
  }

  /**
   * The files of a server to refuse.
   *
   * @throws {@link GenerateCertsError} `ERR_FLAW_UNKNOWN`, or `ERR_NOT_IN_SET`
   */
  untrustedServer(flaw: ServerFlawName): CredentialFiles {
    return this.#filesOf(this.set.untrustedServer(flaw));
  }

  /**
   * The folder of a layout, to be handed to its consumer whole.
   *
   * @throws {@link GenerateCertsError} `ERR_LAYOUT_UNKNOWN`, or `ERR_NOT_IN_SET`
   */
  layout(name: LayoutName): string {
    const { layouts } = this.set.request;
    const { name: known } = layoutOf(name);
    if (layouts.includes(known)) return join(this.path, layoutFolder(known, layouts));
    throw new GenerateCertsError(
      'ERR_NOT_IN_SET',
      `the set has no layout '${known}'`,
      `ask for it when the set is made: layouts: ['${known}']`,
    );
  }

  /**
   * Removes the folder. Removing it twice changes nothing.
   *
   * @throws {@link GenerateCertsError} `ERR_FILE_SYSTEM`
   */
  async remove(): Promise<void> {
    try {
      const { default: fs } = await import('fs-extra');
      await fs.remove(this.path);
    } catch (error) {
      throw environmentError(error, `remove ${this.path}`);
    }
    this.#forget();
  }

  /** As {@link TemporaryCertificates.remove}: `await using` calls it at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }

  #filesOf({ role, name }: Credential): CredentialFiles {
    const entry = this.manifest.certificates.find((other) => other.role === role && other.name === name);
    // All layouts have the same certificate and key: those of the first will do.
    const [paths] = Object.values(entry?.files ?? {});
    if (paths?.certificate === undefined || paths.key === undefined) {
      throw new GenerateCertsError(
        'ERR_NOT_IN_SET',
        `the client '${name}' has no files`,
        'it was made after they were written: use addClients instead, or its PEM from the set',
      );
    }
    return { certificate: join(this.path, paths.certificate), key: join(this.path, paths.key) };
  }
}

/**
 * Makes a set and writes it into a fresh folder that only this user can enter, for a test of something
 * that wants files. The folder goes with `await using` (TypeScript) or `.remove()`, and when the process
 * exits or is interrupted (SIGINT, SIGTERM, SIGHUP) at the latest; the signal does what it would do
 * without. The folder of a process that was killed goes with the next call, of any process of this user.
 *
 * @param options as of {@link createCertificateSet}, with `keyMode`, `owner` and `password`
 * @throws {@link GenerateCertsError} as {@link createCertificateSet}, or `ERR_FILE_SYSTEM`; no folder is
 * left then
 * @example
 * ```ts
 * const certificates = await temporaryCertificates({ layouts: ['grpc'], untrusted: ['expired'] });
 * try {
 *   const { certificate, key } = certificates.server;
 *   console.log(`--grpc_certificate_path ${certificate} --grpc_key_path ${key} --grpc_ca_path ${certificates.ca}`);
 * } finally {
 *   await certificates.remove();
 * }
 * ```
 */
export async function temporaryCertificates(
  options: CertificateSetOptions & KeyAccessOptions & PasswordOptions = {},
): Promise<TemporaryCertificates> {
  const known = Object.keys({ ...SET_FIELDS, ...ACCESS_FIELDS, ...PASSWORD_FIELDS });
  const { keyMode, owner, password, ...setOptions } = readOptions(options, known, OPTIONS_EXAMPLE);
  parseKeyAccess({ keyMode, owner });
  parsePassword(password);
  const set = await createCertificateSet(setOptions);
  // Only who asks for a folder loads it.
  const { default: fs } = await import('fs-extra');
  const path = await makeTemporaryFolder('set');
  let forget: (() => void) | undefined;
  try {
    forget = await removeAtExit(path);
    const manifest = await writeCertificateSet(set, path, { keyMode, owner, password });
    return new TemporaryCertificates(set, manifest, path, forget);
  } catch (error) {
    await fs.remove(path).catch(() => undefined);
    forget?.();
    throw error;
  }
}
