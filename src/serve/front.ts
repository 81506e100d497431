import { GenerateCertsError, quote, type Warning } from '../errors.js';
import type { Manifest } from '../store/manifest/manifest.js';
import { watchCertificateSet } from '../store/watch.js';
import type { EnsureOptions } from '../store/write-options.js';
import { debug } from '../util/debug.js';
import { signalStatus } from '../util/exit-status.js';
import { type BackendCredentials, makeBackendCredentials } from './backend-tls.js';
import { checkExposure, exposureOf } from './exposure.js';
import { type Nginx, type NginxStart, openLog, startNginx, testConfig, writeConfig } from './nginx/nginx.js';
import { writeNginxConfig } from './nginx/nginx-config.js';
import { endWarning, planWarnings, refusedFlagsWarning } from './notices.js';
import type { FrontPlan } from './plan.js';
import { checkListen, portAnswers } from './ports.js';
import { FOLDER_VARIABLE, markOf } from './processes/marks.js';
import { cleanLeftovers, makePrivateFolder, type PrivateFolder } from './processes/private-folder.js';
import { awaitEnds, type GroupLeader, startGroup, statusOf } from './processes/processes.js';
import { checkProgram, deathSignalPrefix, findNginx, type NginxProgram } from './processes/programs.js';
import { clearReadyFile, writeReadyFile } from './ready-file.js';
import { moveServer } from './server-command.js';
import { followSet } from './set/follow.js';
import type { ServedSet } from './set/served-set.js';
import { prepareSet } from './set/set.js';
import {
  anyTaken,
  configOf,
  type Endpoints,
  endpointsOf,
  placeBackends,
  portsOf,
  type ResolvedSide,
  resolveSides,
} from './sides.js';

/** How a front is run. */
export interface FrontRun {
  readonly plan: FrontPlan;
  /** The set's folder. */
  readonly out: string;
  /** What the set is asked to be; without names it has those of the set that is there, or `localhost`. */
  readonly request: EnsureOptions;
  /** How long what is to end may take, in milliseconds. */
  readonly graceMs: number;
  /** The share of its life after which the set is renewed. */
  readonly renewAt: number;
  readonly log: 'refused' | 'all';
  /** Whether a server that others can reach around the front is only warned of. */
  readonly allowExposed: boolean;
  readonly readyFile?: string | undefined;
}

/** What happens, for the caller to show to a person. */
export interface FrontEvents {
  readonly onWarning: (warning: Warning) => void;
  /** A line of NGINX's log: a refusal, a failure. */
  readonly onLine: (line: string) => void;
  readonly onRenewal: (manifest: Manifest) => void;
  readonly onError: (error: unknown) => void;
  /** @returns an exit status to stop everything with; nothing to go on */
  readonly onReady: (endpoints: Endpoints, set: ServedSet) => Promise<number | undefined>;
}

/** How often a race for a port is run again. */
const MOST_ATTEMPTS = 5;

/** NGINX with mutual TLS in front of a server, and both their ends. */
export class Front {
  readonly #run: FrontRun;
  readonly #events: FrontEvents;
  /** Aborted by the first signal that ends the front. */
  readonly #interruption = new AbortController();
  /** Aborted when nothing goes on any more. */
  readonly #over = new AbortController();
  readonly #seen = new Set<NodeJS.Signals>();
  #server: GroupLeader | undefined;
  #nginx: Nginx | undefined;
  #killed = false;

  constructor(run: FrontRun, events: FrontEvents) {
    this.#run = run;
    this.#events = events;
  }

  /** Passes a signal on to the server. A second SIGINT ends everything at once. */
  passOn(signal: NodeJS.Signals): void {
    if (signal === 'SIGINT' && this.#seen.has(signal)) {
      this.#killed = true;
      for (const leader of this.#leaders()) leader.signalAll('SIGKILL');
      return;
    }
    this.#seen.add(signal);
    debug('front', () => `${signal} came: passing it on`);
    this.#server?.signalAll(signal);
    if (signal === 'SIGHUP' && this.#server !== undefined) return;
    // It takes no more calls, and lets those end that are under way.
    this.#nginx?.signal('SIGQUIT');
    this.#interruption.abort(signal);
  }

  /**
   * Runs the front until its end.
   *
   * @returns the exit status: of the server or NGINX, whichever ended first
   * @throws {@link GenerateCertsError} where it does not come to run; nothing is left behind then
   */
  async run(): Promise<number> {
    const { plan, readyFile } = this.#run;
    const { program, sides } = await this.#lookAround();
    const { signal } = this.#interruption;
    const { set, warnings } = await prepareSet(this.#run.out, this.#run.request, {
      renewAt: this.#run.renewAt,
      signal,
    });
    debug(
      'front',
      () =>
        `serving with ${set.manifest === undefined ? 'certificates of another program' : `the set of ${set.manifest.createdAt}`} in ${quote(this.#run.out)}`,
    );
    const unheard = sides.flatMap((side) => side.warnings);
    for (const warning of [...warnings, ...unheard, ...planWarnings(plan)]) this.#events.onWarning(warning);
    const folder = await makePrivateFolder();
    let closeLog = () => {};
    try {
      closeLog = await openLog(folder.path, this.#events.onLine);
      const start = {
        program,
        prefix: await deathSignalPrefix('TERM'),
        folder: folder.path,
        say: this.#events.onLine,
      };
      return await this.#operate({ folder, start, sides, set });
    } finally {
      this.#over.abort();
      await this.#stopAll();
      closeLog();
      await folder.remove();
      if (readyFile !== undefined) await clearReadyFile(readyFile).catch(this.#events.onError);
    }
  }

  /** Everything that can be known to be wrong before anything is made or started. */
  async #lookAround(): Promise<{ program: NginxProgram; sides: ResolvedSide[] }> {
    const { plan, readyFile } = this.#run;
    if (process.platform === 'win32') {
      throw new GenerateCertsError('ERR_PLATFORM', 'serve does not run on Windows', 'run it in WSL');
    }
    const program = await findNginx();
    if (plan.command !== undefined) await checkProgram(plan.command.argv[0] ?? '');
    if (readyFile !== undefined) await clearReadyFile(readyFile);
    // What a killed run left may still listen on the very ports.
    await cleanLeftovers();
    const sides = await resolveSides(plan);
    debug('front', () => `NGINX is ${quote(program.path)}; ${sides.map(describeSide).join('; ')}`);
    for (const { addresses, side } of sides) await checkListen(addresses, side.listen.port);
    return { program, sides };
  }

  async #operate(work: Work): Promise<number> {
    const { folder, start, set } = work;
    const encrypted = this.#run.plan.sides.some((side) => side.encrypted);
    const credentials = encrypted ? await makeBackendCredentials(folder.path) : undefined;
    // From now on: a model may take longer to load than a certificate lives.
    this.#keepAlive(set);
    const early = await this.#startServer(work, credentials);
    if (early !== undefined) return early;
    this.#nginx = await startNginx(start);
    debug('front', () => `NGINX is process ${this.#nginx?.pid}`);
    await folder.record(this.#leaders().map(({ pid }) => pid));
    await Promise.race([this.#nginx.listening, this.#firstEnd(this.#server)]);
    if (this.#isOver()) return this.#finish();
    const endpoints = endpointsOf(this.#run.plan.sides, set.names);
    debug('front', () => 'NGINX listens');
    const verdict = await Promise.race([
      this.#events.onReady(endpoints, set),
      this.#firstEnd(...this.#leaders()),
    ]);
    if (typeof verdict === 'number') return verdict;
    if (this.#isOver()) return this.#finish();
    if (this.#run.readyFile !== undefined) {
      const { grpc = null, rest = null } = endpoints;
      await writeReadyFile(this.#run.readyFile, { grpc, rest, ...markOf(process.pid) });
    }
    await this.#firstEnd(...this.#leaders());
    return this.#finish();
  }

  /**
   * Starts the server on ports that the system gave, and waits until they answer.
   *
   * @returns the exit status where it came to its end instead
   */
  async #startServer(work: Work, credentials: BackendCredentials | undefined): Promise<number | undefined> {
    const { folder, start, sides, set } = work;
    const { command } = this.#run.plan;
    const death = await deathSignalPrefix('KILL');
    const encrypted = sides.filter(({ side }) => side.encrypted).map(({ side }) => side.protocol);
    const more = encrypted.flatMap((protocol) =>
      credentials === undefined ? [] : (command?.flags.mutualTls(protocol, credentials.server) ?? []),
    );
    for (let attempt = 1; ; attempt++) {
      const backends = await placeBackends(sides);
      const config = { ...work, run: this.#run, backends, credentials };
      await writeConfig(
        folder.path,
        writeNginxConfig(configOf({ ...config, path: folder.path, tls: set.tls })),
      );
      debug(
        'front',
        () =>
          `attempt ${attempt}: the server is at ${backends.map(({ host, port }) => `${host}:${port}`).join(' and ')}`,
      );
      if (attempt === 1) await testConfig(start);
      if (this.#isOver()) return this.#finish();
      if (command !== undefined) {
        const argv = moveServer(command, portsOf(sides, backends), more);
        this.#server = await startGroup('the server', [...death, ...argv], {
          stdio: 'inherit',
          env: { ...process.env, [FOLDER_VARIABLE]: folder.path },
        });
        const { pid } = this.#server;
        debug('front', () => `the server is process ${pid}`);
        await folder.record([pid]);
      }
      const waiting = new AbortController();
      const answered = Promise.all(backends.map(({ host, port }) => portAnswers(host, port, waiting.signal)));
      await Promise.race([answered, this.#firstEnd(this.#server)]);
      waiting.abort();
      if (!this.#isOver()) {
        debug('front', () => 'the server answers');
        this.#checkServer(backends.map(({ port }) => port));
        return undefined;
      }
      debug('front', () => 'the server ended before it answered');
      const raced = this.#server?.end() !== undefined && (await anyTaken(sides, backends));
      if (!raced || this.#interruption.signal.aborted || attempt === MOST_ATTEMPTS) {
        const failed = ![undefined, 0].includes(this.#server?.end()?.code ?? undefined);
        if (failed && more.length > 0) this.#events.onWarning(refusedFlagsWarning(more));
        return this.#finish();
      }
      this.#server = undefined;
    }
  }

  /** Makes sure that calls come to the server through NGINX alone. */
  #checkServer(ports: readonly number[]): void {
    if (this.#server === undefined) return;
    const exposure = exposureOf(this.#server.pid, ports);
    for (const warning of checkExposure(exposure, this.#run.allowExposed)) this.#events.onWarning(warning);
  }

  /** Renews the set while the front runs, and has NGINX take up every change to it. */
  #keepAlive({ manifest }: ServedSet): void {
    // Certificates that this program did not make are left as they are.
    if (manifest === undefined) return;
    const { out, renewAt, request } = this.#run;
    const { password } = request;
    const { signal } = this.#over;
    const { onError, onRenewal } = this.#events;
    const onChange = () => {
      debug('front', () => 'the files changed: NGINX reads them again');
      this.#nginx?.reload();
    };
    watchCertificateSet(out, { renewAt, password, signal, onError, onRenew: onRenewal }).catch(onError);
    followSet(out, manifest, { onChange, signal }).catch(onError);
  }

  #leaders(): GroupLeader[] {
    return [this.#server, this.#nginx].flatMap((leader) => leader ?? []);
  }

  /** Resolves when one of these has ended, or a signal is to end them. */
  async #firstEnd(...leaders: readonly (GroupLeader | undefined)[]): Promise<void> {
    const { signal } = this.#interruption;
    const interrupted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([interrupted, ...leaders.flatMap((leader) => leader?.ended ?? [])]);
  }

  #isOver(): boolean {
    return this.#interruption.signal.aborted || this.#leaders().some((leader) => leader.end() !== undefined);
  }

  /** Stops what still runs. The exit status is that of the one that ended first, or the server's after a signal. */
  async #finish(): Promise<number> {
    const { signal } = this.#interruption;
    const first = this.#leaders().flatMap((leader) => leader.end() ?? [])[0];
    if (!signal.aborted && first !== undefined) this.#events.onWarning(endWarning(first, this.#leaders()));
    await this.#stopAll();
    if (this.#killed) return signalStatus('SIGINT');
    const last = (signal.aborted ? undefined : first) ?? this.#leaders()[0]?.end();
    return last === undefined ? signalStatus(signal.reason as NodeJS.Signals) : statusOf(last);
  }

  async #stopAll(): Promise<void> {
    // After a signal the server has had that one, and NGINX its own.
    if (!this.#interruption.signal.aborted) {
      this.#nginx?.signal('SIGQUIT');
      this.#server?.signalAll('SIGTERM');
    }
    await awaitEnds(this.#leaders(), this.#run.graceMs);
  }
}

/** What a front is run with. */
interface Work {
  readonly folder: PrivateFolder;
  readonly start: NginxStart;
  readonly sides: readonly ResolvedSide[];
  readonly set: ServedSet;
}

function describeSide({ side, addresses }: ResolvedSide): string {
  return `${side.protocol} on port ${side.listen.port} of ${addresses.join(' and ')}`;
}
