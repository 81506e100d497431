import { type GroupLeader, startGroup, statusOf } from './processes/processes.js';
import { checkProgram, deathSignalPrefix } from './processes/programs.js';

/** A server's command that is run as it was typed, without anything in front of it. */
export class Errand {
  readonly #argv: readonly string[];
  #server: GroupLeader | undefined;

  constructor(argv: readonly string[]) {
    this.#argv = argv;
  }

  passOn(signal: NodeJS.Signals): void {
    this.#server?.signalAll(signal);
  }

  /**
   * @returns the command's exit status
   * @throws {@link GenerateCertsError} `ERR_PROGRAM_MISSING`
   */
  async run(): Promise<number> {
    await checkProgram(this.#argv[0] ?? '');
    const argv = [...(await deathSignalPrefix('KILL')), ...this.#argv];
    this.#server = await startGroup('the server', argv, { stdio: 'inherit' });
    return statusOf(await this.#server.ended);
  }
}
